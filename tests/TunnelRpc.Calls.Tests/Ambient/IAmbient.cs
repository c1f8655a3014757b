namespace TunnelRpc.Calls.Tests.Ambient;

/// <summary>Says what flows into the call that serves it.</summary>
[TunnelService]
public partial interface IAmbient
{
    /// <summary>The value of <see cref="AmbientService.Value"/> and the current activity; empty when there is neither.</summary>
    ValueTask<string> SeeAsync();
}
