using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>An outgoing call without a reply. It is in the stream table only while it is sent in fragments.</summary>
internal sealed class OneWayCall(Multiplexer multiplexer) : OutgoingCall(multiplexer)
{
    private TunnelMethod? _method;
    private CallReferences? _references;

    /// <inheritdoc/>
    public override TunnelMethod? CalledMethod => _method;

    /// <summary>Sends the call. Completes when all of it was written to the session.</summary>
    public ValueTask SendAsync<TArgs>(
        TunnelMethod method,
        ITunnelFormatter<TArgs> formatter,
        TArgs args,
        CallSettings? settings,
        CallReferences? references,
        CancellationToken cancellationToken)
    {
        _method = method;
        _references = references;
        return OpenAsync(method, formatter, args, FrameFlags.OneWay | FrameFlags.End, settings, references, cancellationToken);
    }

    /// <inheritdoc/>
    public override void OnOpening() => _references?.OnOneWayOpening(Id);

    public override void OnFailed(TunnelException error)
    {
        // The sender gets the failure when it sends the next fragment.
    }
}
