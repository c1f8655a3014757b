namespace TunnelRpc.Load.Peers.SignalR;

/// <summary>The client that the server calls.</summary>
public sealed class ConnectedClient
{
    private volatile string? _id;

    /// <summary>The id of its connection; null before it connects.</summary>
    public string? Id
    {
        get => _id;
        set => _id = value;
    }
}
