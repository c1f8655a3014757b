namespace TunnelRpc;

/// <summary>The kinds of <see cref="TunnelBroadcastPolicy"/>.</summary>
internal enum TunnelBroadcastPolicyKind
{
    /// <inheritdoc cref="TunnelBroadcastPolicy.Wait"/>
    Wait = 0,

    /// <inheritdoc cref="TunnelBroadcastPolicy.DropOldest"/>
    DropOldest,

    /// <inheritdoc cref="TunnelBroadcastPolicy.Latest"/>
    Latest,

    /// <inheritdoc cref="TunnelBroadcastPolicy.Disconnect"/>
    Disconnect,
}
