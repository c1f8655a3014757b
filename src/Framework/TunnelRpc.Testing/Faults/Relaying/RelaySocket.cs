using System.Net.Sockets;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>One of a relay's two sockets, with what was read of it and not used yet. One reader and one writer at a time. Disposal closes the socket.</summary>
internal sealed class RelaySocket(Socket socket, AtomicCounter written, PauseGate gate) : IDisposable
{
    /// <summary>The most that a read gives.</summary>
    public const int MaxReadBytes = 32 * 1024;

    public Http1ReadBuffer Buffer { get; } = new();

    public NetworkStream Stream { get; } = new(socket, ownsSocket: true);

    /// <summary>What is left of the buffer, then what comes; 0 at the end.</summary>
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

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Stream.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
        written.Add(piece.Length);
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
            // The other side has closed already.
        }
    }

    /// <summary>Closes the socket at once, with RST in place of FIN.</summary>
    public void Reset()
    {
        try
        {
            // The stream's own disposal would send FIN first.
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // There is nothing left to be reset.
        }
    }

    public void Dispose()
    {
        Stream.Dispose();
        Buffer.Dispose();
    }
}
