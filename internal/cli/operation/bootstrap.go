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

// The command create-virtual-mfa-device has two options of its own, as in the AWS
// CLI. The secret that an authenticator app is set up with goes to a file, and not
// to the output, where it would stay in logs and on screens.
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
			Help: "The file to write the secret to that an authenticator app is set up with. Only its owner can read it.",
		},
		{
			Names: []string{"--" + bootstrapMethod}, Dest: bootstrapMethod, Required: !optional, Choices: bootstrapMembers,
			Help: "The format of the secret: QRCodePNG, a picture to scan, or Base32StringSeed, the seed as text.",
		},
	}
}

// A bootstrapFile is the file for the secret of an MFA device. It is opened before
// the device is made, because a device is useless if its secret cannot be written.
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

// save writes the secret to the file and removes it from the result, in place.
func (f *bootstrapFile) save(result wire.Object) error {
	i := slices.IndexFunc(result, func(e wire.Entry) bool { return e.Name == "VirtualMFADevice" })
	if i < 0 {
		return f.Close()
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
	return errors.Join(err, f.Close())
}

// discard closes the file without a secret, and removes it if it is new.
func (f *bootstrapFile) discard() {
	f.Close()
	if f.isNew {
		os.Remove(f.Name())
	}
}
