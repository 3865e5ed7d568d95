package iam

import (
	"context"
	"strings"

	api "daypass/api/iam"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
)

// mfaOperations are authorized on the user or on the device, as AWS does.
//
// Source: Service Authorization Reference, AWS Identity and Access Management.
func (s *Service) mfaOperations() []gate.Operation {
	return []gate.Operation{
		creating("CreateVirtualMFADevice", "iam:TagMFADevice", s.resolveNewMFADevice, s.createVirtualMFADevice),
		op("DeleteVirtualMFADevice", onDevice(s, func(in *api.DeleteVirtualMFADeviceInput) string { return in.SerialNumber }), s.deleteVirtualMFADevice),
		op("ListVirtualMFADevices", onPath("mfa", func(*api.ListVirtualMFADevicesInput) string { return "" }), s.listVirtualMFADevices),
		op("EnableMFADevice", on(s, identity.User, func(in *api.EnableMFADeviceInput) string { return in.UserName }), s.enableMFADevice),
		op("ResyncMFADevice", on(s, identity.User, func(in *api.ResyncMFADeviceInput) string { return in.UserName }), s.resyncMFADevice),
		op("DeactivateMFADevice", onOwner(s, func(in *api.DeactivateMFADeviceInput) string { return in.UserName }), s.deactivateMFADevice),
		op("ListMFADevices", onOwner(s, func(in *api.ListMFADevicesInput) string { return in.UserName }), s.listMFADevices),
		op("GetMFADevice", onOwner(s, func(in *api.GetMFADeviceInput) string { return in.UserName }), s.getMFADevice),
	}
}

// onOwner authorizes on the owner of a device. The default is the caller.
func onOwner[In any](s *Service, given func(*In) string) onEntity[In] {
	return func(ctx context.Context, c *gate.Call, in *In) (gate.Subject, *identity.Entity, error) {
		name, err := userName(c, given(in))
		if err != nil {
			return gate.Subject{}, nil, err
		}
		return s.subject(ctx, c, identity.User, name)
	}
}

// onDevice authorizes on the device that the input names. It need not exist.
func onDevice[In any](s *Service, serial func(*In) string) gate.Resolve[In, *identity.MFADevice] {
	return func(ctx context.Context, c *gate.Call, in *In) (gate.Subject, *identity.MFADevice, error) {
		return s.deviceSubject(ctx, c, serial(in))
	}
}

func (s *Service) deviceSubject(ctx context.Context, c *gate.Call, serial string) (gate.Subject, *identity.MFADevice, error) {
	kind, account, name := arn.Entity(serial)
	if kind != "mfa" || account != c.Principal.Account || name == "" {
		return gate.Subject{}, nil, fault.New(fault.NotFound, "VirtualMFADevice with serial number %s doesn't exist.", serial)
	}
	m, err := s.Directory.MFADevice(ctx, c.Principal.Account, serial)
	if fault.Is(err, fault.NotFound) {
		m, err = &identity.MFADevice{Serial: serial}, nil
	}
	if err != nil {
		return gate.Subject{}, nil, err
	}
	return gate.Subject{ARN: serial, Tags: m.Tags}, m, nil
}

func (s *Service) resolveNewMFADevice(_ context.Context, c *gate.Call, in *api.CreateVirtualMFADeviceInput) (gate.Subject, none, error) {
	tags, err := tagMap(in.Tags)
	if err != nil {
		return gate.Subject{}, none{}, err
	}
	return gate.Subject{ARN: arn.MFADevice(c.Principal.Account, orRoot(in.Path), in.VirtualMFADeviceName), RequestTags: tags}, none{}, nil
}

func (s *Service) createVirtualMFADevice(ctx context.Context, c *gate.Call, in *api.CreateVirtualMFADeviceInput, tags map[string]string, _ none) (*api.CreateVirtualMFADeviceOutput, error) {
	m, boot, err := s.Directory.CreateMFADevice(ctx, c.Principal.Account, orRoot(in.Path), in.VirtualMFADeviceName, tags)
	if err != nil {
		return nil, err
	}
	return &api.CreateVirtualMFADeviceOutput{VirtualMFADevice: &api.VirtualMFADevice{
		SerialNumber: m.Serial, Base32StringSeed: []byte(boot.Seed), QRCodePNG: boot.QRCode, Tags: tagList(m.Tags),
	}}, nil
}

func (s *Service) deleteVirtualMFADevice(ctx context.Context, c *gate.Call, in *api.DeleteVirtualMFADeviceInput) (*api.DeleteVirtualMFADeviceOutput, error) {
	return nothing[api.DeleteVirtualMFADeviceOutput](s.Directory.DeleteMFADevice(ctx, c.Principal.Account, in.SerialNumber))
}

func (s *Service) enableMFADevice(ctx context.Context, c *gate.Call, in *api.EnableMFADeviceInput) (*api.EnableMFADeviceOutput, error) {
	return nothing[api.EnableMFADeviceOutput](s.Directory.EnableMFADevice(ctx, c.Principal.Account, in.UserName, in.SerialNumber, in.AuthenticationCode1, in.AuthenticationCode2))
}

func (s *Service) resyncMFADevice(ctx context.Context, c *gate.Call, in *api.ResyncMFADeviceInput) (*api.ResyncMFADeviceOutput, error) {
	return nothing[api.ResyncMFADeviceOutput](s.Directory.ResyncMFADevice(ctx, c.Principal.Account, in.UserName, in.SerialNumber, in.AuthenticationCode1, in.AuthenticationCode2))
}

func (s *Service) deactivateMFADevice(ctx context.Context, c *gate.Call, in *api.DeactivateMFADeviceInput) (*api.DeactivateMFADeviceOutput, error) {
	name, err := userName(c, in.UserName)
	if err != nil {
		return nil, err
	}
	return nothing[api.DeactivateMFADeviceOutput](s.Directory.DeactivateMFADevice(ctx, c.Principal.Account, name, in.SerialNumber))
}

// listVirtualMFADevices lists devices without seeds and tags. All serial numbers of
// an account have the same prefix. A marker leaves it out, because a whole serial
// number can be too long for a marker.
func (s *Service) listVirtualMFADevices(ctx context.Context, c *gate.Call, in *api.ListVirtualMFADevicesInput) (*api.ListVirtualMFADevicesOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	prefix := arn.MFADevice(c.Principal.Account, "", "")
	found, more, err := s.Directory.MFADevices(ctx, identity.MFADeviceQuery{
		Account:    c.Principal.Account,
		Enabled:    in.AssignmentStatus != "Unassigned",
		Unassigned: in.AssignmentStatus != "Assigned",
		After:      prefix + p.after,
		Limit:      p.limit,
	})
	if err != nil {
		return nil, err
	}
	out := &api.ListVirtualMFADevicesOutput{VirtualMFADevices: []api.VirtualMFADevice{}}
	last := ""
	for _, m := range found {
		shown := api.VirtualMFADevice{SerialNumber: m.Serial}
		if m.Owner != nil {
			shown.User, shown.EnableDate = shownUser(m.Owner), date(m.Enabled)
			shown.User.Tags, shown.User.PermissionsBoundary = nil, nil
		}
		out.VirtualMFADevices = append(out.VirtualMFADevices, shown)
		last = strings.TrimPrefix(m.Serial, prefix)
	}
	out.Marker, out.IsTruncated = next(more, last)
	return out, nil
}

// devicesOf returns the devices of the given user. The default is the caller.
func (s *Service) devicesOf(ctx context.Context, c *gate.Call, given string) (string, []*identity.MFADevice, error) {
	name, err := userName(c, given)
	if err != nil {
		return "", nil, err
	}
	found, err := s.Directory.UserMFADevices(ctx, c.Principal.Account, name)
	return name, found, err
}

func (s *Service) listMFADevices(ctx context.Context, c *gate.Call, in *api.ListMFADevicesInput) (*api.ListMFADevicesOutput, error) {
	p, err := pageOf(in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	name, found, err := s.devicesOf(ctx, c, in.UserName)
	if err != nil {
		return nil, err
	}
	prefix := arn.MFADevice(c.Principal.Account, "", "")
	out := &api.ListMFADevicesOutput{MFADevices: []api.MFADevice{}}
	found, out.Marker, out.IsTruncated = pageOfList(found, p, func(m *identity.MFADevice) string { return strings.TrimPrefix(m.Serial, prefix) })
	for _, m := range found {
		out.MFADevices = append(out.MFADevices, api.MFADevice{UserName: name, SerialNumber: m.Serial, EnableDate: date(m.Enabled)})
	}
	return out, nil
}

func (s *Service) getMFADevice(ctx context.Context, c *gate.Call, in *api.GetMFADeviceInput) (*api.GetMFADeviceOutput, error) {
	name, found, err := s.devicesOf(ctx, c, in.UserName)
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		if m.Serial == in.SerialNumber {
			return &api.GetMFADeviceOutput{UserName: name, SerialNumber: m.Serial, EnableDate: date(m.Enabled)}, nil
		}
	}
	return nil, fault.New(fault.NotFound, "MFA Device invalid for user.")
}
