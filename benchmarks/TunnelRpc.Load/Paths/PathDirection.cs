using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;

namespace TunnelRpc.Load.Paths;

/// <summary>One direction of a relayed connection: bytes leave when the delay is over and the rate allows it. Runs once.</summary>
/// <param name="from">Where the bytes come from; not owned.</param>
/// <param name="to">Where they go; not owned.</param>
/// <param name="settings">The path.</param>
internal sealed class PathDirection(Socket from, Socket to, PathSettings settings)
{
    private const int PieceBytes = 64 << 10;

    private readonly Channel<Piece> _pieces = Channel.CreateUnbounded<Piece>(new() { SingleReader = true, SingleWriter = true });

    // Replaced before it is waited for, completed after each delivery.
    private TaskCompletionSource _delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Changed atomically: the bytes on the way.
    private long _inFlightBytes;

    /// <summary>Relays until the source has ended its direction, and then ends that of the destination.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Task delivering = DeliverAsync(cancellationToken);
        try
        {
            await ReceiveAsync(cancellationToken);
        }
        finally
        {
            _pieces.Writer.Complete();
            await delivering;
        }
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        long delay = (long)(settings.RoundTrip.TotalSeconds / 2 * Stopwatch.Frequency);

        // When the link has passed on everything before.
        long free = 0;
        while (true)
        {
            while (Volatile.Read(ref _inFlightBytes) >= settings.InFlightBytes)
            {
                TaskCompletionSource delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);
                Volatile.Write(ref _delivered, delivered);
                if (Volatile.Read(ref _inFlightBytes) >= settings.InFlightBytes)
                {
                    await delivered.Task.WaitAsync(cancellationToken);
                }
            }

            byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
            int count = await from.ReceiveAsync(buffer.AsMemory(0, PieceBytes), cancellationToken);
            if (count == 0)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                return;
            }

            Interlocked.Add(ref _inFlightBytes, count);
            free = Math.Max(free, Stopwatch.GetTimestamp());
            if (settings.BytesPerSecond > 0)
            {
                free += count * Stopwatch.Frequency / settings.BytesPerSecond;
            }

            _pieces.Writer.TryWrite(new Piece(buffer, count, free + delay));
        }
    }

    private async Task DeliverAsync(CancellationToken cancellationToken)
    {
        await foreach (Piece piece in _pieces.Reader.ReadAllAsync(cancellationToken))
        {
            TimeSpan wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), piece.DueTimestamp);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, cancellationToken);
            }

            for (int sent = 0; sent < piece.Count;)
            {
                sent += await to.SendAsync(piece.Buffer.AsMemory(sent, piece.Count - sent), cancellationToken);
            }

            ArrayPool<byte>.Shared.Return(piece.Buffer);
            Interlocked.Add(ref _inFlightBytes, -piece.Count);
            Volatile.Read(ref _delivered).TrySetResult();
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private readonly record struct Piece(byte[] Buffer, int Count, long DueTimestamp);
}
