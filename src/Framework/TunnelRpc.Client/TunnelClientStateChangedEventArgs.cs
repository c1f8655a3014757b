namespace TunnelRpc.Client;

/// <summary>A client's state has changed.</summary>
/// <param name="previous">What it was.</param>
/// <param name="state">What it is.</param>
/// <param name="reason">What brought it about: how the path was lost, or why connecting failed; null when nothing went wrong.</param>
public sealed class TunnelClientStateChangedEventArgs(TunnelClientState previous, TunnelClientState state, string? reason) : EventArgs
{
    /// <summary>What it was.</summary>
    public TunnelClientState Previous => previous;

    /// <summary>What it is.</summary>
    public TunnelClientState State => state;

    /// <summary>What brought it about: how the path was lost, or why connecting failed; null when nothing went wrong.</summary>
    public string? Reason => reason;
}
