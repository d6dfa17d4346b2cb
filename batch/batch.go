// Package batch runs many studies on a pool of workers and loses none: each ends in a folder of its
// own and a line of the journal, and an interrupted run goes on where it stopped.
package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/caliper-imaging/caliper/study"
)

// Job is one study to do. Key names its folder and must be unique and safe as a file name.
type Job struct {
	Key         string
	Study       study.Study
	MemoryBytes int64  // estimate of what doing it needs
	Failure     string // why it can't be opened; such a job is recorded and not done
}

// Do analyses one study and writes its files into the folder dir, which is empty and becomes
// studies/<key> when Do returns nil. The result's files must all lie below dir.
type Do func(ctx context.Context, job Job, dir string) (*study.Result, error)

// Options of a run; the zero value works.
type Options struct {
	Workers     int    // 0: one a processor
	MemoryBytes int64  // budget for the jobs at work at one time; 0: no limit
	Resume      bool   // go on in a folder that holds an earlier run
	Fingerprint string // of everything beside the inputs that decides the outputs; a resumed run must have the same
	OnDone      func(Job, study.Result)
	// WriteFailed leaves the record of a study that could not be done in its folder: at least
	// report.json. Where it is nil that alone is written.
	WriteFailed func(dir string, r *study.Result) error
}

// Run does all jobs below root and returns a result for each, in the order of jobs. It returns an
// error only where the run as a whole can't go on: root is not usable, or ctx has ended.
func Run(ctx context.Context, root string, jobs []Job, do Do, o Options) ([]study.Result, error) {
	if err := uniqueKeys(jobs); err != nil {
		return nil, err
	}
	journal, err := openJournal(root, o.Resume, o.Fingerprint)
	if err != nil {
		return nil, err
	}
	defer journal.close()
	studies := filepath.Join(root, "studies")
	if err := prepare(studies); err != nil {
		return nil, err
	}
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, max(1, len(jobs)))

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	results := make([]study.Result, len(jobs))
	budget := newBudget(o.MemoryBytes)
	next := make(chan int)
	var done sync.Mutex // one OnDone at a time
	var pool sync.WaitGroup
	for range workers {
		pool.Go(func() {
			for n := range next {
				job := jobs[n]
				result, kept := journal.kept(studies, job)
				if !kept {
					release, err := budget.acquire(ctx, job.MemoryBytes)
					if err != nil {
						continue
					}
					result, err = doOne(ctx, studies, job, do, o.WriteFailed)
					release()
					if err == nil {
						err = journal.record(studies, job, result)
					}
					if err != nil {
						stop(err)
						continue
					}
				}
				results[n] = *result
				if o.OnDone != nil {
					done.Lock()
					o.OnDone(job, *result)
					done.Unlock()
				}
			}
		})
	}
feed:
	for n := range jobs {
		select {
		case next <- n:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	pool.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return results, nil
}

// doOne runs one job into a temporary folder and moves that into place. A failure of the study is a
// result; an error means that the run can't go on.
func doOne(ctx context.Context, studies string, job Job, do Do, record func(string, *study.Result) error) (*study.Result, error) {
	tmp := filepath.Join(studies, tmpPrefix+job.Key)
	if err := os.RemoveAll(tmp); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	if err := os.Mkdir(tmp, 0o755); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	result, err := guarded(ctx, job, tmp, do)
	if ctx.Err() != nil {
		_ = os.RemoveAll(tmp)
		return nil, context.Cause(ctx)
	}
	if err != nil {
		if outOfSpace(err) {
			_ = os.RemoveAll(tmp)
			return nil, fmt.Errorf("batch: study %s: %w", job.Key, err)
		}
		result = &study.Result{Schema: study.Schema, Study: study.Ref{Key: job.Key, PatientKey: job.Study.PatientKey},
			Status: study.Failed, Error: err.Error(), Priority: study.Routine, Disclaimer: study.Disclaimer}
		if err := os.RemoveAll(tmp); err != nil {
			return nil, fmt.Errorf("batch: %w", err)
		}
		if err := os.Mkdir(tmp, 0o755); err != nil {
			return nil, fmt.Errorf("batch: %w", err)
		}
		if record == nil {
			record = writeFailed
		}
		if err := record(tmp, result); err != nil {
			return nil, err
		}
	}
	final := filepath.Join(studies, job.Key)
	if err := os.RemoveAll(final); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	if err := os.Rename(tmp, final); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	syncDir(studies)
	return result, nil
}

// guarded turns a panic of a step into the failure of its study.
func guarded(ctx context.Context, job Job, dir string, do Do) (result *study.Result, err error) {
	if job.Failure != "" {
		return nil, errors.New(job.Failure)
	}
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, fmt.Errorf("internal error: %v", p)
		}
	}()
	result, err = do(ctx, job, dir)
	if err == nil && result == nil {
		err = errors.New("internal error: no result")
	}
	return result, err
}

func uniqueKeys(jobs []Job) error {
	seen := make(map[string]bool, len(jobs))
	for _, job := range jobs {
		switch {
		case job.Key == "" || job.Key != filepath.Base(job.Key) || job.Key[0] == '.':
			return fmt.Errorf("batch: key %q: want a plain file name", job.Key)
		case seen[job.Key]:
			return fmt.Errorf("batch: key %q: want one study a key, got two", job.Key)
		}
		seen[job.Key] = true
	}
	return nil
}
