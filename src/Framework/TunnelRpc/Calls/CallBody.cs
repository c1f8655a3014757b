using System.Buffers;
using System.Buffers.Binary;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Writes the body of CALL: method id (u32, big-endian), metadata if the frame has the flag, arguments.</summary>
internal static class CallBody
{
    /// <summary>The size of the method id, in bytes.</summary>
    public const int MethodIdSize = sizeof(uint);

    /// <summary>The text for a part of a call that cannot be decoded.</summary>
    public static string DescribeUndecodable(string part, Exception error) =>
        $"{part} could not be decoded: {error.Message} Check that both sides have the same version of the contract.";

    /// <summary>Writes the body. Runs code of the application (getters, formatters), so the caller holds no lock.</summary>
    /// <exception cref="TunnelException">The arguments cannot be sent; the outcome is NotSent.</exception>
    public static void Write<TArgs>(
        IBufferWriter<byte> output,
        TunnelMethod method,
        CallMetadata? metadata,
        ITunnelFormatter<TArgs> formatter,
        TArgs args,
        ReferenceScope? references)
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
        catch (TunnelException error) when (error.Outcome == TunnelCallOutcome.Unknown)
        {
            throw new TunnelException(error.Status, error.Message, error) { Outcome = TunnelCallOutcome.NotSent };
        }
    }
}
