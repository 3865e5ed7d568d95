//go:build embedded

package blob

import (
	"context"
	"errors"
)

// OpenS3 refuses: this build has no client of S3, see docs/install-and-run.md.
func OpenS3(context.Context, string, string) (Store, error) {
	return nil, errors.New("blobs: this program was built without S3 (-tags embedded): build it without the tag")
}
