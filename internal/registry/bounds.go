package registry

import (
	"maps"
	"slices"

	"daypass/internal/fault"
	"daypass/internal/format"
)

// Bounds on the metadata of one version. Its cost falls on those who read pages, and a
// packed archive makes it cheap to upload: 18,000 dependencies are a file of 55 KB.
// AWS documents no bounds; these are several times those of the largest public
// packages.
const (
	maxDependencies = 4096
	maxDescription  = 512 << 10 // bytes of a description, without its readme
	maxDetail       = 512 << 10 // bytes of a version's detail
	maxAssetDetail  = 4 << 10   // bytes of an asset's detail
	maxReason       = 4 << 10   // bytes of the reason of a yank
)

// checkBounds refuses an edit of a version with metadata over the bounds.
func checkBounds(e *format.VersionEdit) error {
	if e.Description != nil {
		err := checkDescription(e.Description)
		if err != nil {
			return err
		}
	}
	for _, a := range e.Assets {
		err := checkDetail(a.Name, len(a.Detail))
		if err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Details)) {
		err := checkDetail(name, len(e.Details[name]))
		if err != nil {
			return err
		}
	}
	if e.Yank != nil && len(e.Yank.Reason) > maxReason {
		return fault.Invalid("metadata: the reason to withdraw the version has %d bytes: expected at most %d", len(e.Yank.Reason), maxReason)
	}
	return nil
}

func checkDetail(asset string, n int) error {
	if n > maxAssetDetail {
		return fault.Invalid("metadata: what the index shows of %s has %d bytes: expected at most %d", asset, n, maxAssetDetail)
	}
	return nil
}

// checkDescription refuses a description that is too long, also one that came
// in pieces.
func checkDescription(d *format.Description) error {
	if n := len(d.Dependencies); n > maxDependencies {
		return fault.Invalid("dependencies: the version declares %d: expected at most %d", n, maxDependencies)
	}
	n := len(d.DisplayName) + len(d.Summary) + len(d.HomePage) + len(d.SourceCode)
	for _, l := range d.Licenses {
		n += len(l.Name) + len(l.URL)
	}
	for _, dep := range d.Dependencies {
		n += len(dep.Namespace) + len(dep.Package) + len(dep.Type) + len(dep.Requirement)
	}
	if n > maxDescription {
		return fault.Invalid("metadata: summary, links, licences and dependencies of the version have %d bytes: expected at most %d", n, maxDescription)
	}
	if n := len(d.Detail); n > maxDetail {
		return fault.Invalid("metadata: what the index shows of the version has %d bytes: expected at most %d", n, maxDetail)
	}
	return nil
}
