using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// The bodies of REPLY and END: status (u8), metadata if the frame has the flag, then a result (REPLY), nothing (END) or a failure. An
/// empty END is a complete stream.
/// </summary>
internal static class ReplyBody
{
    /// <summary>Writes the status Ok and the metadata; the result follows.</summary>
    /// <param name="output">Receives both.</param>
    /// <param name="trailers">The trailers; null for none.</param>
    /// <param name="referenceCount">The number of references in the result, or in all items of the stream.</param>
    /// <returns>The flags of the frame.</returns>
    public static FrameFlags WriteOkStatus(IBufferWriter<byte> output, TunnelHeaders? trailers, ulong referenceCount = 0)
    {
        output.GetSpan(1)[0] = (byte)TunnelStatus.Ok;
        output.Advance(1);
        if (trailers is not { Count: > 0 } && referenceCount == 0)
        {
            return FrameFlags.None;
        }

        output.Write(EncodeMetadata(trailers, referenceCount));
        return FrameFlags.Metadata;
    }

    /// <summary>
    /// Writes a failure in at most <paramref name="limit"/> bytes. Trailers of more than a quarter of the limit are omitted, and trailers
    /// that cannot be encoded.
    /// </summary>
    /// <returns>The flags of the frame.</returns>
    public static FrameFlags WriteFailure(
        IBufferWriter<byte> output, int limit, TunnelStatus status, string message, TunnelFaultDetail? detail, TunnelHeaders? trailers)
    {
        byte[] metadata = [];
        try
        {
            metadata = trailers is { Count: > 0 } ? EncodeMetadata(trailers, 0) : [];
        }
        catch (Exception)
        {
            // Invalid text, or trailers that the application changes at the same time. The failure is sent without them.
        }

        if (metadata.Length > limit / 4)
        {
            metadata = [];
        }

        FailureBody.Write(output, limit, status, message, detail, metadata);
        return metadata.Length > 0 ? FrameFlags.Metadata : FrameFlags.None;
    }

    /// <summary>Reads status and trailers of a reply. False when the status is a failure, or the body is invalid.</summary>
    /// <param name="method">The method, for its faults.</param>
    /// <param name="flags">The flags of the frame.</param>
    /// <param name="body">The body of the frame; after a success the result.</param>
    /// <param name="trailers">Receives the trailers; null when they are not wanted.</param>
    /// <param name="referenceCount">The number of references that the reply passes.</param>
    /// <param name="failure">The failure of the call.</param>
    public static bool TryReadStatus(
        TunnelMethod method,
        FrameFlags flags,
        ref ReadOnlySpan<byte> body,
        TunnelHeaders? trailers,
        out ulong referenceCount,
        [NotNullWhen(false)] out TunnelException? failure)
    {
        failure = null;
        referenceCount = 0;
        if (body.IsEmpty)
        {
            failure = new TunnelException(TunnelStatus.Internal, "Expected a reply with a status from the peer, got an empty reply.")
            {
                Outcome = TunnelCallOutcome.Completed,
                IsOfCall = true,
            };
            return false;
        }

        byte status = body[0];
        body = body[1..];
        try
        {
            TunnelHeaders? received = null;
            if ((flags & FrameFlags.Metadata) != 0)
            {
                var reader = new MessagePackReader(body);
                CallMetadata metadata = CallMetadata.Read(ref reader);
                received = metadata.Headers;
                referenceCount = metadata.ReferenceCount;
                body = body[reader.Position..];
            }

            trailers?.ReplaceWith(received ?? TunnelHeaders.Empty);
        }
        catch (MessagePackException unreadable)
        {
            failure = new TunnelException(
                TunnelStatus.Internal,
                $"The metadata of the reply of {method} could not be decoded: {DecodeError.Describe(unreadable)}",
                unreadable)
            {
                Outcome = TunnelCallOutcome.Completed,
                IsOfCall = true,
            };
            return false;
        }

        if (status != (byte)TunnelStatus.Ok)
        {
            TunnelCallOutcome outcome = (flags & ReplyFlags.Refused) != 0 ? TunnelCallOutcome.NotSent : TunnelCallOutcome.Completed;
            failure = FailureBody.Read(status, body, outcome);
            failure = failure is { Status: TunnelStatus.Unimplemented, Outcome: TunnelCallOutcome.NotSent }
                ? CallFailure.ForUnknownMethod(method, failure)
                : ToFault(method, failure);
            return false;
        }

        return true;
    }

    /// <summary>Reads END. Returns null when the stream is complete, else its failure.</summary>
    public static TunnelException? ReadEnd(
        TunnelMethod method, FrameFlags flags, ReadOnlySpan<byte> body, TunnelHeaders? trailers, out ulong referenceCount)
    {
        referenceCount = 0;
        if (body.IsEmpty)
        {
            trailers?.ReplaceWith(TunnelHeaders.Empty);
            return null;
        }

        if (!TryReadStatus(method, flags & FrameFlags.Metadata, ref body, trailers, out referenceCount, out TunnelException? failure))
        {
            return failure;
        }

        return (flags & FrameFlags.Metadata) != 0 ? null : FailureBody.Read((byte)TunnelStatus.Ok, body);
    }

    /// <summary>Returns the typed fault if the method declares one of that name, else the failure unchanged.</summary>
    private static TunnelException ToFault(TunnelMethod method, TunnelException failure)
    {
        foreach (TunnelFault fault in method.Faults)
        {
            if (failure.Detail is { } detail && detail.Type == fault.Name)
            {
                try
                {
                    return fault.CreateException(failure, detail);
                }
                catch (Exception)
                {
                    // The detail is of another version of the contract, or its type threw an exception. The untyped failure keeps it.
                    return failure;
                }
            }
        }

        return failure;
    }

    private static byte[] EncodeMetadata(TunnelHeaders? trailers, ulong referenceCount)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        new CallMetadata { Headers = trailers, ReferenceCount = referenceCount }.Write(ref writer);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
