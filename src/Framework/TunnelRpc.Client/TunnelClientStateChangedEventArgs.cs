namespace TunnelRpc.Client;

/// <summary>A change of a client's state.</summary>
/// <param name="previous">The state before the change.</param>
/// <param name="state">The state after the change.</param>
/// <param name="reason">
/// Why the path was disconnected, at the change to <see cref="TunnelClientState.Resuming"/>; null at other changes.
/// </param>
public sealed class TunnelClientStateChangedEventArgs(TunnelClientState previous, TunnelClientState state, string? reason) : EventArgs
{
    /// <summary>The state before the change.</summary>
    public TunnelClientState Previous => previous;

    /// <summary>The state after the change.</summary>
    public TunnelClientState State => state;

    /// <summary>Why the path was disconnected, at the change to <see cref="TunnelClientState.Resuming"/>; null at other changes.</summary>
    public string? Reason => reason;
}
