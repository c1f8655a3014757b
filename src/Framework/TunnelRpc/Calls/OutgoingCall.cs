using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The base of outgoing calls other than unary ones.</summary>
/// <param name="multiplexer">The multiplexer of the session.</param>
internal abstract class OutgoingCall(Multiplexer multiplexer) : TunnelStream
{
    /// <summary>The multiplexer of the session.</summary>
    protected Multiplexer Multiplexer => multiplexer;

    /// <inheritdoc/>
    public override void OnCancel(TunnelStatus status) => OnFailed(new TunnelException(status, $"The call ended with {status}."));

    /// <summary>Encodes and sends the CALL, as <see cref="CallOpener.OpenCallAsync"/> does.</summary>
    protected ValueTask OpenAsync<TArgs>(
        TunnelMethod method,
        ITunnelFormatter<TArgs> formatter,
        TArgs args,
        FrameFlags flags,
        CallSettings? settings,
        ReferenceScope? references,
        CancellationToken cancellationToken) =>
        multiplexer.OpenCallAsync(this, method, formatter, args, flags, settings, references, cancellationToken);
}
