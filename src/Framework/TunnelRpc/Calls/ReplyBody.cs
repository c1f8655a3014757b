using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The bodies of REPLY and END: status:u8, metadata if flagged, and behind it a result, nothing, or a failure.</summary>
internal static class ReplyBody
{
    /// <summary>Begins a good answer.</summary>
    /// <returns>The flags of its frame.</returns>
    public static FrameFlags WriteOkStatus(IBufferWriter<byte> output, TunnelHeaders? trailers)
    {
        output.GetSpan(1)[0] = (byte)TunnelStatus.Ok;
        output.Advance(1);
        if (trailers is not { Count: > 0 })
        {
            return FrameFlags.None;
        }

        output.Write(EncodeTrailers(trailers));
        return FrameFlags.Metadata;
    }

    /// <summary>Writes a failure in at most <paramref name="limit"/> bytes. Trailers that leave too little for it are left out.</summary>
    /// <returns>The flags of its frame.</returns>
    public static FrameFlags WriteFailure(
        IBufferWriter<byte> output, int limit, TunnelStatus status, string message, TunnelFaultDetail? detail, TunnelHeaders? trailers)
    {
        byte[] metadata = [];
        try
        {
            metadata = trailers is { Count: > 0 } ? EncodeTrailers(trailers) : [];
        }
        catch (Exception)
        {
            // Text that is none, or trailers that are changed meanwhile: the failure is sent all the same.
        }

        if (metadata.Length > limit / 4)
        {
            metadata = [];
        }

        FailureBody.Write(output, limit, status, message, detail, metadata);
        return metadata.Length > 0 ? FrameFlags.Metadata : FrameFlags.None;
    }

    /// <summary>Reads the head of an answer: false, with the failure, when it is none of success.</summary>
    /// <param name="method">The method, for its faults.</param>
    /// <param name="flags">The frame's flags.</param>
    /// <param name="body">The frame's body; afterwards the result.</param>
    /// <param name="trailers">Where the trailers go; null when nobody wants them.</param>
    /// <param name="failure">Why the call failed.</param>
    public static bool TryReadStatus(
        TunnelMethod method, FrameFlags flags, ref ReadOnlySpan<byte> body, TunnelHeaders? trailers, [NotNullWhen(false)] out TunnelException? failure)
    {
        failure = null;
        if (body.IsEmpty)
        {
            failure = new TunnelException(TunnelStatus.Internal, "Expected a status from the peer, got an empty answer.") { Outcome = TunnelCallOutcome.Completed };
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
                received = CallMetadata.Read(ref reader).Headers;
                body = body[reader.Position..];
            }

            trailers?.ReplaceWith(received ?? TunnelHeaders.Empty);
        }
        catch (MessagePackException unreadable)
        {
            failure = new TunnelException(TunnelStatus.Internal, $"The metadata of the answer of {method} could not be read: {unreadable.Message}", unreadable)
            {
                Outcome = TunnelCallOutcome.Completed,
            };
            return false;
        }

        if (status != (byte)TunnelStatus.Ok)
        {
            failure = ToFault(method, FailureBody.Read(status, body, (flags & ReplyFlags.Refused) != 0 ? TunnelCallOutcome.NotSent : TunnelCallOutcome.Completed));
            return false;
        }

        return true;
    }

    /// <summary>Reads END: null when the stream is complete, else why it failed.</summary>
    public static TunnelException? ReadEnd(TunnelMethod method, FrameFlags flags, ReadOnlySpan<byte> body, TunnelHeaders? trailers)
    {
        if (body.IsEmpty)
        {
            trailers?.ReplaceWith(TunnelHeaders.Empty);
            return null;
        }

        if (!TryReadStatus(method, flags & FrameFlags.Metadata, ref body, trailers, out TunnelException? failure))
        {
            return failure;
        }

        return (flags & FrameFlags.Metadata) != 0 ? null : FailureBody.Read((byte)TunnelStatus.Ok, body);
    }

    /// <summary>The failure as the typed one that the method declares, if it is one of those.</summary>
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
                    // A detail of another version of the contract, or a type that refuses it: the failure is one all the same, and keeps
                    // its detail.
                    return failure;
                }
            }
        }

        return failure;
    }

    private static byte[] EncodeTrailers(TunnelHeaders trailers)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        new CallMetadata { Headers = trailers }.Write(ref writer);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
