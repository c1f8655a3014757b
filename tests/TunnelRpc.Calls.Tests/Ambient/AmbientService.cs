using System.Diagnostics;

namespace TunnelRpc.Calls.Tests.Ambient;

internal sealed class AmbientService : IAmbient
{
    public static readonly AsyncLocal<string?> Value = new();

    public ValueTask<string> GetAsync() => new(Value.Value + Activity.Current?.OperationName);
}
