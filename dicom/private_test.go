package dicom

import (
	"bytes"
	"slices"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"
)

func TestPrivateTableIsSorted(t *testing.T) {
	if !slices.IsSortedFunc(privateTable, privateRow.compare) {
		for i := range privateTable[1:] {
			if privateTable[i].compare(privateTable[i+1]) >= 0 {
				t.Errorf("row %d %v goes before %v", i, privateTable[i], privateTable[i+1])
			}
		}
	}
	for i, row := range privateTable {
		if _, ok := vrOf(row.vr); !ok || row.name == "" || row.group%2 == 0 {
			t.Errorf("row %d: %+v", i, row)
		}
		if i > 0 && row.compare(privateTable[i-1]) == 0 {
			t.Errorf("row %d %v is there twice", i, row)
		}
	}
}

// TestImplicitPrivate reads private elements whose VR only the private dictionary knows.
func TestImplicitPrivate(t *testing.T) {
	raw := []byte{
		0x08, 0x00, 0x60, 0x00, 2, 0, 0, 0, 'M', 'R',
		0x05, 0x20, 0x12, 0x00, 26, 0, 0, 0, 'P', 'h', 'i', 'l', 'i', 'p', 's', ' ', 'M', 'R', ' ', 'I', 'm', 'a', 'g', 'i', 'n', 'g', ' ', 'D', 'D', ' ', '0', '0', '1', ' ',
		0x05, 0x20, 0x0e, 0x12, 4, 0, 0, 0, 0, 0, 0x80, 0x3f,
		0x05, 0x20, 0x0f, 0x12, 4, 0, 0, 0, 1, 2, 3, 4,
		0x05, 0x20, 0xb0, 0x12, 3, 0, 0, 0, 1, 2, 3, // no whole float: stays as it is
	}
	f, err := ReadHeader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if v := f.privateFloats(philipsCreator, 0x2005, 0x0e); len(v) != 1 || v[0] != 1 {
		t.Errorf("ScaleSlope: want 1, got %v", v)
	}
	if b := f.Bytes(tag.Tag{Group: 0x2005, Element: 0x120f}); !bytes.Equal(b, []byte{1, 2, 3, 4}) {
		t.Errorf("an element that is not known: want its bytes, got %v", b)
	}
	if b := f.Bytes(tag.Tag{Group: 0x2005, Element: 0x12b0}); len(b) != 3 {
		t.Errorf("an element of a wrong length: want its bytes, got %v", b)
	}
	if name := f.PrivateName(tag.Tag{Group: 0x2005, Element: 0x120e}); name != "ScaleSlope" {
		t.Errorf("name: got %q", name)
	}
}
