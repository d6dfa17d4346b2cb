package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var content = map[string][]byte{"a/b.txt": bytes.Repeat([]byte("one two "), 40_000), "c.bin": {1, 2, 3}}

func zipped(t testing.TB, method uint16) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"a/b.txt", "c.bin"} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		w.Write(content[name])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return save(t, "x.zip", b.Bytes())
}

func tarred(t testing.TB, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range names {
		data := content[name]
		w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o644, Typeflag: tar.TypeReg})
		w.Write(data)
	}
	w.Close()
	return b.Bytes()
}

func save(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(t testing.TB, b []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

func TestMembersAreReadAsTheyAre(t *testing.T) {
	whole := tarred(t, "a/b.txt", "c.bin")
	for name, path := range map[string]string{
		"stored": zipped(t, zip.Store), "deflated": zipped(t, zip.Deflate), "tar": save(t, "x.tar", whole), "tar.gz": save(t, "x.tar.gz", packed(t, whole)),
	} {
		if !Is(path) {
			t.Errorf("%s: want an archive", name)
		}
		list, err := Members(path)
		if err != nil || len(list) != 2 || list[0].Name != "a/b.txt" || list[1].Name != "c.bin" {
			t.Errorf("%s: want two members by name, got %v, %v", name, list, err)
			continue
		}
		for member, want := range content {
			f, err := Open(path + Mark + member)
			if err != nil {
				t.Errorf("%s: %s: %v", name, member, err)
				continue
			}
			last := make([]byte, 2)
			if _, err := f.ReadAt(last, f.Size()-2); err != nil && !errors.Is(err, io.EOF) || !bytes.Equal(last, want[len(want)-2:]) {
				t.Errorf("%s: %s: want its last bytes %v, got %v, %v", name, member, want[len(want)-2:], last, err)
			}
			got, err := io.ReadAll(f)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %s: want %d bytes as they were packed, got %d, %v", name, member, len(want), len(got), err)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := Open(path + Mark + "none"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: want no such member, got %v", name, err)
		}
		if !Exists(filepath.Join(filepath.Dir(path+Mark+"a/b.txt"), "b.txt")) || Exists(path+Mark+"a") {
			t.Errorf("%s: want a member to exist, and a folder not", name)
		}
	}
}

func TestPartOfAFile(t *testing.T) {
	path := save(t, "x", []byte("0123456789"))
	f, err := Open(Part(path, 2, 5))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || string(got) != "234" {
		t.Errorf("want 234, got %q, %v", got, err)
	}
	for _, wrong := range []string{Part(path, 5, 2), Part(path, 0, 11), path + Mark + "bytes=a-b"} {
		if _, err := Open(wrong); err == nil {
			t.Errorf("%s: want an error", wrong)
		}
	}
}

// Names that lead out, members that announce more than they can hold, overlap, or are damaged are refused.
func TestHostileArchives(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"../out", "/abs", "a/../../b", `a\..\b`, "C:x", "fine"} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte("x"))
	}
	z.Close()
	list, err := Members(save(t, "x.zip", b.Bytes()))
	if err != nil || len(list) != 6 {
		t.Fatalf("want 6 members, got %v, %v", list, err)
	}
	for _, e := range list {
		if (e.Err == nil) != (e.Name == "fine") {
			t.Errorf("%s: want only the last to be good, got %v", e.Name, e.Err)
		}
	}
	deflated := zipped(t, zip.Deflate)
	whole, err := os.ReadFile(deflated)
	if err != nil {
		t.Fatal(err)
	}
	list, _ = Members(deflated)
	for name, change := range map[string]func([]byte) []byte{
		"damaged":         func(b []byte) []byte { b[list[0].offset+list[0].packed/2] ^= 1; return b },
		"no central part": func(b []byte) []byte { return b[:len(b)/2] },
		"announces much": func(b []byte) []byte {
			at := bytes.Index(b, []byte("PK\x01\x02"))
			copy(b[at+24:], []byte{0xff, 0xff, 0xff, 0x7f})
			return b
		},
	} {
		path := save(t, "y.zip", change(bytes.Clone(whole)))
		f, err := Open(path + Mark + "a/b.txt")
		if err == nil {
			_, err = io.ReadAll(f)
			f.Close()
		}
		if err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	cut := tarred(t, "a/b.txt", "c.bin")
	list, err = Members(save(t, "z.tar", cut[:len(cut)/2]))
	if err != nil || len(list) == 0 || list[0].Err == nil && list[len(list)-1].Err == nil {
		t.Errorf("cut tar: want a member with an error, got %v, %v", list, err)
	}
	bomb := packed(t, make([]byte, 1<<20))
	if _, err := Members(save(t, "b.tar.gz", bomb)); err != nil && !strings.Contains(err.Error(), "archive") {
		t.Errorf("gzip that is no tar: got %v", err)
	}
}

func FuzzZip(f *testing.F) {
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		b, err := os.ReadFile(zipped(f, method))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, ".zip")
	}
	f.Add(tarred(f, "c.bin"), ".tar")
	f.Fuzz(func(t *testing.T, b []byte, ending string) {
		if ending != ".zip" && ending != ".tar" && ending != ".tar.gz" {
			return
		}
		path := save(t, "x"+ending, b)
		list, err := Members(path)
		if err != nil {
			return
		}
		for _, e := range list {
			if e.Size > 1<<20 {
				continue
			}
			if m, err := Open(path + Mark + e.Name); err == nil {
				got, err := io.ReadAll(m)
				if err == nil && int64(len(got)) != e.Size {
					t.Errorf("want %d bytes, got %d", e.Size, len(got))
				}
				m.Close()
			}
		}
	})
}
