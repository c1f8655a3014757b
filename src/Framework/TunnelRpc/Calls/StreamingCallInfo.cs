using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>What a call that streams back is made of, for each of its enumerations.</summary>
/// <param name="Method">The method.</param>
/// <param name="Arguments">Writes the arguments.</param>
/// <param name="Args">The arguments.</param>
/// <param name="ResultItem">Reads what comes back.</param>
/// <param name="Item">Writes what goes up; null when nothing does.</param>
/// <param name="Items">What goes up; null when nothing does.</param>
/// <param name="Options">The stub's options; null for none.</param>
/// <param name="Peer">The peer.</param>
/// <param name="Reference">The object that is called, of those that the peer has passed; 0 for a service.</param>
/// <param name="CancellationToken">Cancels every enumeration.</param>
internal sealed record StreamingCallInfo<TArgs, TItem, TResultItem>(
    TunnelMethod Method,
    ITunnelFormatter<TArgs> Arguments,
    TArgs Args,
    ITunnelFormatter<TResultItem> ResultItem,
    ITunnelFormatter<TItem>? Item,
    IAsyncEnumerable<TItem>? Items,
    TunnelCallOptions? Options,
    TunnelPeer Peer,
    long Reference,
    CancellationToken CancellationToken);
