package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/caliper-imaging/caliper/study"
)

// notice is what --notify sends: counts, and the keys of the studies that can't wait.
type notice struct {
	Done     int      `json:"done"`
	Failed   int      `json:"failed"`
	Skipped  int      `json:"skipped"`
	Urgent   int      `json:"urgent"`
	Critical int      `json:"critical"`
	Pressing []string `json:"pressing"` // in the order of the worklist
	Finished bool     `json:"finished"`
}

func noticeOf(entries []study.WorklistEntry) notice {
	n := notice{Pressing: []string{}, Finished: true}
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
		if e.Priority != study.Routine {
			n.Pressing = append(n.Pressing, e.Study)
		}
	}
	return n
}

// filePrefix marks a target of --notify that is a file.
const filePrefix = "file:"

// checkNotifyURL refuses what can't be sent to, before any work is done.
func checkNotifyURL(text string) error {
	if path, ok := strings.CutPrefix(text, filePrefix); ok {
		if path == "" {
			return usagef("--notify: want a path after file:, got none")
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return usagef("--notify: want a file, got the folder %s", path)
		}
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return usagef("--notify: want an http or https URL or file:PATH, got %q", text)
	}
	return nil
}

// notify posts the notice as JSON, in three tries, or adds it as a line to a file.
func notify(ctx context.Context, target string, n notice) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if path, ok := strings.CutPrefix(target, filePrefix); ok {
		return addLine(path, body)
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

// addLine writes a line at the end of a file, in one piece.
func addLine(path string, line []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}
