package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/caliper-imaging/caliper/batch"
	"github.com/caliper-imaging/caliper/intake"
	"github.com/caliper-imaging/caliper/study"
)

// jobsOf makes one job of each study, and one of each file that claims to be an image and can't be read.
func jobsOf(scan *intake.Found) []batch.Job {
	var jobs []batch.Job
	for _, s := range scan.Studies {
		jobs = append(jobs, batch.Job{Key: s.Key, Study: s, MemoryBytes: memoryEstimate(s)})
	}
	for _, f := range scan.Failures {
		jobs = append(jobs, batch.Job{Key: f.Key, Failure: f.Path + ": " + f.Reason})
	}
	return jobs
}

// attachPrior makes the studies under path the priors of the only study of a scan.
func attachPrior(ctx context.Context, scan *intake.Found, path string, o intake.Options) error {
	if len(scan.Studies) != 1 {
		return usagef("--prior: want one study in IN, got %d; priors of many are paired by patient and date", len(scan.Studies))
	}
	prior, err := intake.Scan(ctx, []string{path}, o)
	if err != nil {
		return err
	}
	if len(prior.Studies) == 0 {
		return fmt.Errorf("--prior: nothing in %s is a study that can be read", path)
	}
	current := &scan.Studies[0]
	current.Priors = nil
	for _, s := range prior.Studies {
		if s.UID == current.UID && s.Key == current.Key {
			continue
		}
		s.Priors = nil
		current.Priors = append([]study.Study{s}, current.Priors...)
	}
	return nil
}

// fingerprint is a hash over what decides the outputs of a run beside its inputs.
func fingerprint(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
