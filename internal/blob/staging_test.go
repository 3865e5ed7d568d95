package blob

import (
	"os"
	"testing"
)

// Where locks do not cross machines, another one's sweep takes the folder for that
// of a dead process.
func TestAStagingFolderThatIsGoneIsMadeAnew(t *testing.T) {
	t.Parallel()
	f, err := OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s, err := f.Stage(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Abort()
		if err != nil {
			t.Error(err)
		}
		err = os.RemoveAll(f.ownStaging.dir)
		if err != nil {
			t.Fatal(err)
		}
	}
}
