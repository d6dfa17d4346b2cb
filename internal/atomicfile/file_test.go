package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteFileReplacesWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "er", "a.json")
	for _, text := range []string{"first, the longer one", "second"} {
		if err := WriteBytes(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != text {
			t.Fatalf("got %q, %v; want %q", got, err, text)
		}
	}
}

func TestWriteFileKeepsOldOnError(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	err := WriteFile(path, func(w io.Writer) error {
		if _, err := w.Write([]byte("half")); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("got %v, want the writer's own error", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("got %q, want the old content", got)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("want only the file itself in the folder, got %v, %v", entries, err)
	}
}

func TestIsTemp(t *testing.T) {
	dir := t.TempDir()
	var during string
	if err := WriteFile(filepath.Join(dir, "x.png"), func(io.Writer) error {
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Fatalf("want one file while writing, got %v, %v", entries, err)
		}
		during = entries[0].Name()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !IsTemp(during) || IsTemp("x.png") {
		t.Errorf("IsTemp: want true for %q and false for x.png", during)
	}
}

func TestWriteFileWhereNoFolderCanBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := WriteBytes(file, nil); err != nil {
		t.Fatal(err)
	}
	if err := WriteBytes(filepath.Join(file, "below"), nil); err == nil {
		t.Error("want an error where the parent is a file")
	}
}
