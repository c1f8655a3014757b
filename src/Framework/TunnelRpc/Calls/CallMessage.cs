using System.Buffers;
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
        if (IsOneWay && References is CallReferences references)
        {
            CallBody.WriteCounted(buffer, Method, metadata, Formatter, Args, references);
        }
        else
        {
            CallBody.Write(buffer, Method, metadata, Formatter, Args, References);
        }

        return FlagsFor(metadata);
    }

    /// <summary>Replaces the metadata of an encoded message, whose arguments pass references and cannot be encoded again.</summary>
    public void ReplaceMetadata(MessageBuffer buffer, CallMetadata? before, CallMetadata metadata)
    {
        int head = CallBody.MethodIdSize;
        if ((FlagsFor(before) & FrameFlags.Metadata) != 0)
        {
            var reader = new MessagePackReader(buffer.WrittenSpan[head..]);
            CallMetadata.Read(ref reader);
            head += reader.Position;
        }

        byte[] arguments = buffer.WrittenSpan[head..].ToArray();
        buffer.Clear();
        CallBody.WriteHead(buffer, Method, metadata, IsOneWay && References is CallReferences references ? references.AnnouncedCount : 0);
        buffer.Write(arguments);
    }

    /// <summary>The flags of the CALL with this metadata, after the message was encoded.</summary>
    public FrameFlags FlagsFor(CallMetadata? metadata) =>
        Flags | (metadata is null && References is not CallReferences { AnnouncedCount: > 0 } ? FrameFlags.None : FrameFlags.Metadata);
}
