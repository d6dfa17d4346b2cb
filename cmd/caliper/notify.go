package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/caliper-imaging/caliper/study"
)

// notice is what --notify sends: counts only.
type notice struct {
	Done     int  `json:"done"`
	Failed   int  `json:"failed"`
	Skipped  int  `json:"skipped"`
	Urgent   int  `json:"urgent"`
	Critical int  `json:"critical"`
	Finished bool `json:"finished"`
}

func noticeOf(entries []study.WorklistEntry) notice {
	n := notice{Finished: true}
	for _, e := range entries {
		switch e.Status {
		case study.Done:
			n.Done++
		case study.Failed:
			n.Failed++
		case study.Skipped:
			n.Skipped++
		}
		switch e.Priority {
		case study.Urgent:
			n.Urgent++
		case study.Critical:
			n.Critical++
		}
	}
	return n
}

// checkNotifyURL refuses what can't be sent to, before any work is done.
func checkNotifyURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return usagef("--notify: want an http or https URL, got %q", text)
	}
	return nil
}

// notify posts the notice as JSON; it tries three times.
func notify(ctx context.Context, target string, n notice) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: 10 * time.Second}
	for attempt := range 3 {
		if attempt > 0 {
			select {
			case <-time.After(time.Duration(attempt) * time.Second):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err = post(ctx, &client, target, body)
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("notify: %w", err)
}

func post(ctx context.Context, client *http.Client, target string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return fmt.Errorf("want a status below 300, got %s", res.Status)
	}
	return nil
}
