using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>What is encoded as the message of an outgoing call.</summary>
/// <param name="Method">The method.</param>
/// <param name="Formatter">Writes the arguments.</param>
/// <param name="Args">The arguments.</param>
/// <param name="Flags">The flags of CALL, without Metadata.</param>
/// <param name="References">The references of the call; null for none. Encoding passes them, so the message is encoded once then.</param>
internal readonly record struct CallMessage<TArgs>(
    TunnelMethod Method, ITunnelFormatter<TArgs> Formatter, TArgs Args, FrameFlags Flags, ReferenceScope? References)
{
    /// <summary>Whether the call gets no reply.</summary>
    public bool IsOneWay => (Flags & FrameFlags.OneWay) != 0;

    /// <summary>Encodes the message. Returns the flags of its CALL.</summary>
    /// <exception cref="TunnelException">The arguments cannot be sent; the outcome is NotSent.</exception>
    public FrameFlags Write(MessageBuffer buffer, CallMetadata? metadata)
    {
        CallBody.Write(buffer, Method, metadata, Formatter, Args, References);
        return FlagsFor(metadata);
    }

    /// <summary>The flags of the CALL with this metadata.</summary>
    public FrameFlags FlagsFor(CallMetadata? metadata) => Flags | (metadata is null ? FrameFlags.None : FrameFlags.Metadata);
}
