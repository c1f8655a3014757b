namespace TunnelRpc.Chaos.Net;

/// <summary>A test that needs a network namespace. It is skipped, with the reason, on a machine that does not support them.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NamespaceFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> UnsupportedReason = new(NetworkNamespace.FindUnsupportedReason);

    public NamespaceFactAttribute() => Skip = UnsupportedReason.Value;
}
