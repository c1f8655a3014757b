namespace TunnelRpc;

/// <summary>The path on which a session continues. Immutable.</summary>
public sealed class TunnelSessionPath
{
    internal TunnelSessionPath(string transport, string? remoteEndPoint)
    {
        Transport = transport;
        RemoteEndPoint = remoteEndPoint;
    }

    /// <summary>The transport.</summary>
    public string Transport { get; }

    /// <summary>The peer's address, as this side sees it (a proxy's address if there is one). Null if unknown.</summary>
    public string? RemoteEndPoint { get; }

    /// <summary>The transport and the address, for logs.</summary>
    public override string ToString() => RemoteEndPoint is null ? Transport : $"{Transport} from {RemoteEndPoint}";
}
