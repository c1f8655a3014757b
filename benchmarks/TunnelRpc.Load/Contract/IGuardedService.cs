using Microsoft.AspNetCore.Authorization;

namespace TunnelRpc.Load.Contract;

/// <summary>The measured call with different requirements of the caller.</summary>
[TunnelService]
public partial interface IGuardedService
{
    ValueTask<Sample> OpenAsync(Sample sample);

    [Authorize]
    ValueTask<Sample> AuthenticatedAsync(Sample sample);

    [Authorize(Roles = "operator")]
    ValueTask<Sample> RoleAsync(Sample sample);

    [Authorize(Policy = "resource")]
    ValueTask<Sample> ResourceAsync(Sample sample);
}
