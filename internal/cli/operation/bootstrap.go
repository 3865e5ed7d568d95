package operation

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/profile"
	"daypass/internal/wire"
)

// The command that makes an MFA device has two options of its own, as the AWS
// CLI's has: what sets an authenticator app up goes to a file and not to the
// output, where it would stay in logs and on screens.
const (
	bootstrapOperation = "CreateVirtualMFADevice"
	bootstrapMethod    = "bootstrap-method"
)

var bootstrapMembers = []string{"QRCodePNG", "Base32StringSeed"}

func bootstrapOptions(op *api.Operation, optional bool) []*argument.Argument {
	if op.Name != bootstrapOperation {
		return nil
	}
	return []*argument.Argument{
		{
			Names: []string{"--" + outfile}, Dest: outfile, Required: !optional,
			Help: "The file that takes what an authenticator app is set up with. It is readable by its owner alone.",
		},
		{
			Names: []string{"--" + bootstrapMethod}, Dest: bootstrapMethod, Required: !optional, Choices: bootstrapMembers,
			Help: "What that is: QRCodePNG, a picture to scan, or Base32StringSeed, the seed.",
		},
	}
}

// A bootstrapFile is opened before the device is made: a seed that cannot be kept
// would make the device useless.
type bootstrapFile struct {
	*os.File
	method string
	isNew  bool
}

func openBootstrap(path, method string) (*bootstrapFile, error) {
	path = profile.Expand(path)
	_, err := os.Stat(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "Unable to write to file: %s", path)
	}
	return &bootstrapFile{file, method, isNew}, nil
}

// save writes one of the two values and takes both out of the result.
func (f *bootstrapFile) save(result wire.Object) (wire.Object, error) {
	i := slices.IndexFunc(result, func(e wire.Entry) bool { return e.Name == "VirtualMFADevice" })
	if i < 0 {
		return result, f.Close()
	}
	device, _ := result[i].Value.(wire.Object)
	value, _ := device.Get(f.method)
	content, _ := value.([]byte)
	err := f.Chmod(0o600)
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.Write(content)
	}
	result[i].Value = slices.DeleteFunc(device, func(e wire.Entry) bool { return slices.Contains(bootstrapMembers, e.Name) })
	return result, errors.Join(err, f.Close())
}

// drop takes away a file that nothing was written to.
func (f *bootstrapFile) drop() {
	f.Close()
	if f.isNew {
		os.Remove(f.Name())
	}
}
