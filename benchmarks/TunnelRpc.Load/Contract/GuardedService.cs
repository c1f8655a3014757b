namespace TunnelRpc.Load.Contract;

/// <summary>The implementation. It does not use the call context, so no context is created for the method without requirements.</summary>
[NoCallContext]
internal sealed class GuardedService : IGuardedService
{
    public ValueTask<Sample> OpenAsync(Sample sample) => new(sample);

    public ValueTask<Sample> AuthenticatedAsync(Sample sample) => new(sample);

    public ValueTask<Sample> RoleAsync(Sample sample) => new(sample);

    public ValueTask<Sample> ResourceAsync(Sample sample) => new(sample);
}
