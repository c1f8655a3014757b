using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>
/// Listens on a port, and can refuse connections for a time. Thread-safe. Disposal closes the port permanently.
/// </summary>
internal sealed class FaultListener : IDisposable
{
    private readonly Lock _gate = new();

    // Guarded by _gate. The socket stays bound to the port. While it does not listen, the operating system refuses connections.
    private Socket _socket;
    private bool _refuses;
    private bool _disposed;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FaultListener(bool refuses)
    {
        _refuses = refuses;
        _socket = Bind(0);
        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        if (!refuses)
        {
            _socket.Listen();
        }
    }

    public int Port { get; }

    public void SetRefusing(bool refuses)
    {
        lock (_gate)
        {
            if (_disposed || refuses == _refuses)
            {
                return;
            }

            if (refuses)
            {
                _socket.Dispose();
                _socket = Bind(Port);
            }
            else
            {
                _socket.Listen();
            }

            _refuses = refuses;
            Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }

    /// <summary>Waits for the next connection; returns null when the token is cancelled.</summary>
    public async Task<Socket?> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            (Socket socket, bool refuses, Task changed) = GetState();
            try
            {
                if (refuses)
                {
                    await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
                    continue;
                }

                Socket accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                accepted.NoDelay = true;
                return accepted;
            }
            catch (OperationCanceledException)
            {
                return null;
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    return null;
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _socket.Dispose();
        }
    }

    private static Socket Bind(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private (Socket Socket, bool Refuses, Task Changed) GetState()
    {
        lock (_gate)
        {
            return (_socket, _refuses, _changed.Task);
        }
    }
}
