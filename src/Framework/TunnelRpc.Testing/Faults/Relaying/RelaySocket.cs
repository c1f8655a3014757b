using System.Net.Sockets;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>
/// One of the two sockets of a relay, with the bytes that were read from it and not consumed. It allows one reader and one writer at a
/// time. Disposal closes the socket.
/// </summary>
internal sealed class RelaySocket(Socket socket, AtomicCounter written, PauseGate gate) : IDisposable
{
    /// <summary>The size of the relay's read buffers, and so of the largest chunk, in bytes.</summary>
    public const int MaxReadBytes = 32 * 1024;

    public Http1ReadBuffer Buffer { get; } = new();

    public NetworkStream Stream { get; } = new(socket, ownsSocket: true);

    /// <summary>Reads the unconsumed bytes of the buffer first, and then from the socket; returns 0 at the end.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        ReadOnlySpan<byte> unused = Buffer.Unconsumed;
        if (unused.IsEmpty)
        {
            return Stream.ReadAsync(destination, cancellationToken);
        }

        int length = Math.Min(unused.Length, destination.Length);
        unused[..length].CopyTo(destination.Span);
        Buffer.Advance(length);
        return ValueTask.FromResult(length);
    }

    /// <summary>Writes a chunk, after the end of a pause.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Stream.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
        written.Add(chunk.Length);
    }

    /// <summary>Sends FIN.</summary>
    public void ShutdownSend()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer has already closed the connection.
        }
    }

    /// <summary>Closes the socket at once, with RST in place of FIN.</summary>
    public void Reset()
    {
        try
        {
            // Disposal of the stream would send FIN first.
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The connection is already closed.
        }
    }

    public void Dispose()
    {
        Stream.Dispose();
        Buffer.Dispose();
    }
}
