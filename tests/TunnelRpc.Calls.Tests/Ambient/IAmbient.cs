namespace TunnelRpc.Calls.Tests.Ambient;

/// <summary>Returns ambient values of the execution context in which its calls run.</summary>
[TunnelService]
public partial interface IAmbient
{
    /// <summary>Returns <see cref="AmbientService.Value"/> followed by the name of the current activity; empty without both.</summary>
    ValueTask<string> GetAsync();
}
