using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>
/// A small forward proxy: CONNECT to any port, optional authentication, and forwarding of http requests without their Upgrade header, as
/// most proxies do. It records the heads of requests.
/// </summary>
internal sealed class ConnectProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _clients = [];
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private readonly Func<string, string?> _challenge;
    private readonly int _status;
    private readonly bool _oneRequest;
    private Task _accepting = Task.CompletedTask;

    private ConnectProxy(Func<string, string?> challenge, int status, bool oneRequest)
    {
        _challenge = challenge;
        _status = status;
        _oneRequest = oneRequest;
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}/");

    /// <summary>The heads of all received requests.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    /// <param name="credentials">The required credentials; null for none.</param>
    /// <param name="status">The status of the response to CONNECT.</param>
    public static ConnectProxy Start(NetworkCredential? credentials = null, int status = 200)
        => Start(credentials is null ? _ => null : Basic(credentials, "Basic realm=\"test\""), status: status);

    /// <param name="challenge">
    /// Maps a request's head to the value of Proxy-Authenticate if its credentials are insufficient, otherwise to null.
    /// </param>
    /// <param name="oneRequest">Whether the proxy never responds again on a connection after a 407.</param>
    /// <param name="status">The status of the response to CONNECT.</param>
    public static ConnectProxy Start(Func<string, string?> challenge, bool oneRequest = false, int status = 200)
    {
        ConnectProxy proxy = new(challenge, status, oneRequest);
        proxy._listener.Start();
        proxy._accepting = proxy.AcceptAllAsync();
        return proxy;
    }

    /// <summary>Creates a function that returns the challenge until a request has the credentials in the scheme Basic.</summary>
    public static Func<string, string?> Basic(NetworkCredential credentials, string challenge)
    {
        string basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.UserName}:{credentials.Password}"));
        string required = $"Proxy-Authorization: Basic {basic}\r\n";
        return head => head.Contains(required, StringComparison.OrdinalIgnoreCase) ? null : challenge;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_clients);
        _stop.Dispose();
    }

    /// <summary>Cuts all open connections. New ones are accepted.</summary>
    public void Cut()
    {
        foreach (TcpClient client in _open.Keys)
        {
            client.Close();
        }
    }

    private async Task AcceptAllAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _clients.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient accepted)
    {
        using TcpClient client = accepted;
        client.NoDelay = true;
        _open[client] = true;
        try
        {
            NetworkStream stream = client.GetStream();
            while (true)
            {
                string head = await ReadHeadAsync(stream, _stop.Token);
                Heads.Enqueue(head);
                if (_challenge(head) is { } challenge)
                {
                    await RespondAsync(stream, $"407 Proxy Authentication Required\r\nProxy-Authenticate: {challenge}\r\nContent-Length: "
                        + "0");
                    if (_oneRequest)
                    {
                        await stream.CopyToAsync(Stream.Null, _stop.Token);
                        return;
                    }

                    continue;
                }

                await ForwardAsync(stream, head);
                return;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // The end of a connection is no error.
        }
        finally
        {
            _open.TryRemove(client, out _);
        }
    }

    private async Task ForwardAsync(NetworkStream client, string head)
    {
        string[] requestLine = head[..head.IndexOf('\r', StringComparison.Ordinal)].Split(' ');
        bool connect = requestLine[0] == "CONNECT";
        if (connect && _status != 200)
        {
            await RespondAsync(client, $"{_status} No\r\nContent-Length: 0");
            return;
        }

        Uri target = new(connect ? $"http://{requestLine[1]}" : requestLine[1]);
        using TcpClient server = new() { NoDelay = true };
        await server.ConnectAsync(target.Host, target.Port, _stop.Token);
        if (connect)
        {
            await RespondAsync(client, "200 Connection established");
        }
        else
        {
            string[] fields = [.. head.Split("\r\n").Skip(1).Where(line => !IsHopByHop(line))];
            string forwarded = $"{requestLine[0]} {target.PathAndQuery} HTTP/1.1\r\n{string.Join("\r\n", fields)}";
            await server.GetStream().WriteAsync(Encoding.ASCII.GetBytes(forwarded), _stop.Token);
        }

        // The end of one direction ends both.
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task upload = client.CopyToAsync(server.GetStream(), ended.Token);
        Task download = server.GetStream().CopyToAsync(client, ended.Token);
        await Task.WhenAny(upload, download);
        server.Close();
        client.Close();
        await Task.WhenAll(upload, download);
    }

    private static bool IsHopByHop(string line)
        => line.StartsWith("Connection:", StringComparison.OrdinalIgnoreCase)
            || line.StartsWith("Upgrade:", StringComparison.OrdinalIgnoreCase)
            || line.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase);

    private async Task RespondAsync(NetworkStream stream, string statusAndFields)
        => await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {statusAndFields}\r\n\r\n"), _stop.Token);

    /// <summary>Reads to the end of a head, byte by byte, so that no byte after it is read.</summary>
    internal static async Task<string> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!EndsHead(head))
        {
            if (await stream.ReadAsync(one, cancellationToken) == 0)
            {
                throw new IOException("The peer closed inside a head.");
            }

            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    private static bool EndsHead(StringBuilder head)
        => head.Length >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n' && head[^4] == '\r';
}
