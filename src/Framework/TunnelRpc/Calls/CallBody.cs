using System.Buffers;
using System.Buffers.Binary;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The body of CALL: method:u32, metadata if flagged, arguments.</summary>
internal static class CallBody
{
    public const int MethodIdSize = sizeof(uint);

    public static void Write<TArgs>(
        IBufferWriter<byte> output, TunnelMethod method, CallMetadata? metadata, ITunnelFormatter<TArgs> formatter, TArgs args, ReferenceScope? references)
    {
        try
        {
            BinaryPrimitives.WriteUInt32BigEndian(output.GetSpan(MethodIdSize), method.Id);
            output.Advance(MethodIdSize);
            var writer = new MessagePackWriter(output) { Scope = references };
            metadata?.Write(ref writer);
            formatter.Write(ref writer, args);
            writer.Flush();
        }
        catch (TunnelException unsendable) when (unsendable.Outcome == TunnelCallOutcome.Unknown)
        {
            throw new TunnelException(unsendable.Status, unsendable.Message, unsendable) { Outcome = TunnelCallOutcome.NotSent };
        }
    }
}
