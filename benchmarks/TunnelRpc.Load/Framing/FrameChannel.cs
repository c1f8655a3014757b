using System.Buffers.Binary;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Framing;

/// <summary>Carries frames of length:u32 (id:u24 kind:u8):u32 body, each way. Sending is thread-safe and never waits.</summary>
internal abstract class FrameChannel : IAsyncDisposable
{
    /// <summary>No frame's body is longer.</summary>
    public const int MaxFrameSize = 64;

    protected const int HeadSize = 8;
    private const int IdBits = 24;

    /// <summary>Who takes what comes; set before the first byte is read.</summary>
    public IFrameHandler Handler { get; set; } = null!;

    /// <summary>Whether a sender of a stream is too far ahead; a hint.</summary>
    public abstract bool IsFull { get; }

    /// <summary>Reads until the peer is gone.</summary>
    public abstract Task ReadAsync();

    /// <summary>Completes once a sender of a stream may go on.</summary>
    public abstract ValueTask WaitForCapacityAsync();

    /// <summary>Sends a frame.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="id">What it belongs to.</param>
    /// <param name="sample">Its body.</param>
    /// <param name="alone">Nothing else is under way: writing in the caller's own frame is the quickest.</param>
    public abstract void Send(FrameKind kind, uint id, Sample sample, bool alone);

    public abstract ValueTask DisposeAsync();

    protected static int Encode(Span<byte> destination, FrameKind kind, uint id, Sample sample)
    {
        int body = SampleCodec.Encode(destination[HeadSize..], sample);
        BinaryPrimitives.WriteInt32LittleEndian(destination, body);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], ((uint)kind << IdBits) | id);
        return HeadSize + body;
    }

    /// <summary>Hands on the frames that are whole, and gives how many bytes they were.</summary>
    protected int Parse(ReadOnlySpan<byte> data)
    {
        int used = 0;
        while (data.Length - used >= HeadSize)
        {
            int body = BinaryPrimitives.ReadInt32LittleEndian(data[used..]);
            if ((uint)body > MaxFrameSize)
            {
                throw new InvalidDataException($"Expected a frame of at most {MaxFrameSize} bytes, got one of {(uint)body}.");
            }

            if (data.Length - used < HeadSize + body)
            {
                break;
            }

            uint tag = BinaryPrimitives.ReadUInt32LittleEndian(data[(used + 4)..]);
            Handler.OnFrame((FrameKind)(tag >> IdBits), tag & ((1u << IdBits) - 1), data.Slice(used + HeadSize, body));
            used += HeadSize + body;
        }

        return used;
    }
}
