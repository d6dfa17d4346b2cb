// Package archive opens files, and the members of ZIP (APPNOTE 6.3) and tar (POSIX.1-2001, plain or gzipped)
// archives, by one kind of path: "data.zip!/series/1.dcm". Nothing is unpacked into a folder.
package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// Mark stands between the path of an archive and the name of a member in it.
const Mark = "!/"

// span starts the name of a part of a file that is no archive: "bytes=100-250", the second number behind its end.
const span = "bytes="

// File is an open file, or an open member, for reading at any place. It is safe for concurrent use but for Read and Seek.
type File struct {
	*io.SectionReader
	closer io.Closer
}

// Close releases the file.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// Open opens a regular file, or a member of an archive.
func Open(name string) (*File, error) {
	if outer, start, end, ok := IsPart(name); ok {
		return openPart(outer, start, end)
	}
	f, err := os.Open(name)
	if err != nil {
		if outer, member, ok := Split(name); ok {
			return openMember(outer, member)
		}
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: fmt.Errorf("want a regular file, got a %s", kindOf(info.Mode()))}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{io.NewSectionReader(f, 0, info.Size()), f}, nil
}

func kindOf(m fs.FileMode) string {
	if m.IsDir() {
		return "folder"
	}
	return "device or a pipe"
}

// Exists says whether Open would find the path.
func Exists(name string) bool {
	if outer, _, _, ok := IsPart(name); ok {
		return Exists(outer)
	}
	if _, err := os.Stat(name); err == nil {
		return true
	}
	outer, member, ok := Split(name)
	if !ok {
		return false
	}
	x, err := indexOf(outer)
	if err != nil {
		return false
	}
	_, ok = x.members[member]
	return ok
}

// Split parts the path of a member into that of its archive, which is a file, and its name; ok is false where
// the path is of another kind.
func Split(name string) (outer, member string, ok bool) {
	slashed := filepath.ToSlash(name)
	for at := 0; ; {
		i := strings.Index(slashed[at:], Mark)
		if i < 0 {
			return "", "", false
		}
		at += i
		if info, err := os.Stat(name[:at]); err == nil && info.Mode().IsRegular() {
			return name[:at], path.Clean(slashed[at+len(Mark):]), true
		}
		at += len(Mark)
	}
}

// Part is the path of the bytes of a file from start up to end.
func Part(name string, start, end int64) string {
	return fmt.Sprintf("%s%s%s%d-%d", name, Mark, span, start, end)
}

// IsPart reads what Part wrote; end is behind the last byte.
func IsPart(name string) (outer string, start, end int64, ok bool) {
	at := strings.LastIndex(name, Mark+span)
	if at < 0 {
		return "", 0, 0, false
	}
	from, to, _ := strings.Cut(name[at+len(Mark+span):], "-")
	start, err1 := strconv.ParseInt(from, 10, 64)
	end, err2 := strconv.ParseInt(to, 10, 64)
	return name[:at], start, end, err1 == nil && err2 == nil && start >= 0 && end >= start
}

func openPart(outer string, start, end int64) (*File, error) {
	whole, err := Open(outer)
	if err != nil {
		return nil, err
	}
	if end > whole.Size() {
		whole.Close()
		return nil, &fs.PathError{Op: "open", Path: outer, Err: errors.New("want a part within the file")}
	}
	return &File{io.NewSectionReader(whole, start, end-start), whole}, nil
}

func openMember(outer, member string) (*File, error) {
	fail := func(err error) (*File, error) {
		return nil, &fs.PathError{Op: "open", Path: outer + Mark + member, Err: err}
	}
	x, err := indexOf(outer)
	if err != nil {
		return fail(err)
	}
	e, ok := x.members[member]
	if !ok {
		return fail(fs.ErrNotExist)
	}
	if e.Err != nil {
		return fail(e.Err)
	}
	f, err := x.open(outer, e)
	if err != nil {
		return fail(err)
	}
	return f, nil
}
