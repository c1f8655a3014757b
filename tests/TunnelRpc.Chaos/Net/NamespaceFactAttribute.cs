namespace TunnelRpc.Chaos.Net;

/// <summary>A test that needs a network namespace: where the machine allows none it is skipped, and says why.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NamespaceFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> UnsupportedReason = new(NetworkNamespace.FindUnsupportedReason);

    public NamespaceFactAttribute() => Skip = UnsupportedReason.Value;
}
