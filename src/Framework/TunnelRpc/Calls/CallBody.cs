using System.Buffers;
using System.Buffers.Binary;
using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Writes the body of CALL: method id (u32, big-endian), metadata if the frame has the flag, arguments.</summary>
internal static class CallBody
{
    /// <summary>The size of the method id, in bytes.</summary>
    public const int MethodIdSize = sizeof(uint);

    /// <summary>Writes the body. Runs code of the application (getters, formatters), so the caller holds no lock.</summary>
    /// <exception cref="TunnelException">The arguments cannot be sent; the outcome is NotSent.</exception>
    public static void Write<TArgs>(
        MessageBuffer output,
        TunnelMethod method,
        CallMetadata? metadata,
        ITunnelFormatter<TArgs> formatter,
        TArgs args,
        ReferenceScope? references)
    {
        try
        {
            WriteHead(output, method, metadata, referenceCount: 0);
            ValueEncoder.Write(output, formatter, args, references);
        }
        catch (TunnelException error) when (error.Outcome == TunnelCallOutcome.Unknown)
        {
            throw ToUnsent(error);
        }
    }

    // Decision: docs/adr/0054-unread-references.md
    /// <summary>
    /// As <see cref="Write"/>, with the number of references in the metadata if there are any. They are known when the arguments are
    /// encoded, so these are encoded first, into a buffer of their own.
    /// </summary>
    /// <exception cref="TunnelException">The arguments cannot be sent; the outcome is NotSent.</exception>
    public static void WriteCounted<TArgs>(
        MessageBuffer output,
        TunnelMethod method,
        CallMetadata? metadata,
        ITunnelFormatter<TArgs> formatter,
        TArgs args,
        CallReferences references)
    {
        MessageBuffer arguments = MessageBuffer.Rent(output.Limit);
        try
        {
            ValueEncoder.Write(arguments, formatter, args, references);
            WriteHead(output, method, metadata, references.AnnouncedCount);
            output.Write(arguments.WrittenSpan);
        }
        catch (TunnelException error) when (error.Outcome == TunnelCallOutcome.Unknown)
        {
            throw ToUnsent(error);
        }
        finally
        {
            arguments.Return();
        }
    }

    /// <summary>Writes the part of the body before the arguments.</summary>
    public static void WriteHead(IBufferWriter<byte> output, TunnelMethod method, CallMetadata? metadata, ulong referenceCount)
    {
        WriteMethodId(output, method);
        var writer = new MessagePackWriter(output);
        (referenceCount == 0 ? metadata : (metadata ?? new CallMetadata()) with { ReferenceCount = referenceCount })?.Write(ref writer);
        writer.Flush();
    }

    private static void WriteMethodId(IBufferWriter<byte> output, TunnelMethod method)
    {
        BinaryPrimitives.WriteUInt32BigEndian(output.GetSpan(MethodIdSize), method.Id);
        output.Advance(MethodIdSize);
    }

    private static TunnelException ToUnsent(TunnelException error) =>
        new(error.Status, error.Message, error) { Outcome = TunnelCallOutcome.NotSent };
}
