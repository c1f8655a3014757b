using System.Globalization;
using System.Net.Sockets;
using TunnelRpc.Testing.Faults.Stages;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>A request and its response, or the tunnel that follows.</summary>
internal sealed class HttpExchange
{
    private readonly ClientConnection _connection;
    private readonly ProxyState _state;
    private readonly RelaySocket _client;
    private readonly ConnectionTermination _termination;
    private readonly Http1Head _head;
    private readonly FaultProfile _profile;

    public HttpExchange(ClientConnection connection, Http1Head head, FaultProfile profile)
    {
        _connection = connection;
        _state = connection.State;
        _client = connection.Client;
        _termination = connection.Termination;
        _head = head;
        _profile = profile;
        Entry = _state.Log.Add(connection.Number, head.MethodOrVersion, head.TargetOrStatus);
    }

    public RequestEntry Entry { get; }

    /// <summary>Whether the proxy has started to send the head of a response.</summary>
    public bool HasResponded { get; private set; }

    /// <summary>Serves the request; returns whether the connection can serve another one.</summary>
    /// <exception cref="MalformedHttpException">The request or the response is not HTTP/1.1.</exception>
    /// <exception cref="OperationCanceledException">The connection is terminated.</exception>
    public async Task<bool> RunAsync()
    {
        MessageFraming framing = MessageFraming.ForRequest(_head);
        if (await RejectUnauthenticatedAsync(framing).ConfigureAwait(false) is bool keepsConnection)
        {
            return keepsConnection;
        }

        if (ProxyTarget.Resolve(_head, _state.Upstream) is not { } target)
        {
            return await RespondAsync(400, "expected CONNECT, an absolute http URL or, with an upstream, a path as the target.", framing)
                .ConfigureAwait(false);
        }

        RequestFault? fault = _state.FindFault(_profile, _head.MethodOrVersion, target.Path.Split('?')[0]);
        switch (fault?.Kind)
        {
            case RequestFaultKind.Refuse:
            case RequestFaultKind.RefuseBodiesAbove when framing.Length > fault.Bytes:
                return await RespondAsync(fault.Status, "the profile refuses this request.", framing).ConfigureAwait(false);
            case RequestFaultKind.Reset:
                _termination.Reset();
                return false;
        }

        if (_head.MethodOrVersion == "CONNECT")
        {
            return await ConnectAsync(target).ConfigureAwait(false);
        }

        if (_profile.CoalescesGets && _head.MethodOrVersion == "GET" && _head.UpgradeToken() is null)
        {
            return await CoalesceAsync(target, framing, fault).ConfigureAwait(false);
        }

        return await ForwardAsync(target, framing, fault, capture: null).ConfigureAwait(false);
    }

    private async Task<bool?> RejectUnauthenticatedAsync(MessageFraming framing)
    {
        if (_profile.Authentication is not { } authentication)
        {
            return null;
        }

        bool? isValid = ProxyCredentialCheck.Verify(authentication, _head);
        if (isValid == true)
        {
            if (_connection.StopsResponding)
            {
                await WaitForEndAsync().ConfigureAwait(false);
                return false;
            }

            return null;
        }

        _connection.StopsResponding |= authentication.StopsResponding;
        int status = isValid == false ? authentication.RejectionStatus : 407;
        string challenge = ProxyCredentialCheck.Challenge(authentication);
        return await RespondAsync(status, "the proxy requires credentials.", framing, authentication.ClosesConnection, challenge)
            .ConfigureAwait(false);
    }

    private async Task<bool> ConnectAsync(ProxyTarget target)
    {
        RelaySocket? server = await DialAsync(target).ConfigureAwait(false);
        if (server is null)
        {
            return false;
        }

        using (server)
        {
            OnResponding(200, byProxy: true);
            await _client.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), _termination.Token).ConfigureAwait(false);
            await TunnelAsync(server).ConfigureAwait(false);
            return false;
        }
    }

    private async Task<bool> CoalesceAsync(ProxyTarget target, MessageFraming framing, RequestFault? fault)
    {
        string url = $"{target.Host}:{target.Port}{target.Path}";
        while (_state.Coalescer.Join(url) is { } other)
        {
            if (await other.WaitAsync(_termination.Token).ConfigureAwait(false) is { } shared)
            {
                OnResponding(200, byProxy: true);
                await _client.WriteAsync(shared, _termination.Token).ConfigureAwait(false);
                return true;
            }
        }

        var capture = new ResponseCapture();
        bool keepsConnection = false;
        try
        {
            keepsConnection = await ForwardAsync(target, framing, fault, capture).ConfigureAwait(false);
        }
        finally
        {
            _state.Coalescer.Complete(url, keepsConnection ? capture.Response?.Message : null);
        }

        return keepsConnection;
    }

    private async Task<bool> ForwardAsync(ProxyTarget target, MessageFraming framing, RequestFault? fault, ResponseCapture? capture)
    {
        string? upgrade = _profile.Upgrades switch
        {
            UpgradeHandling.Pass => _head.UpgradeToken(),
            UpgradeHandling.PassWebSocket when "websocket".Equals(_head.UpgradeToken(), StringComparison.OrdinalIgnoreCase) =>
                _head.UpgradeToken(),
            _ => null,
        };
        IEnumerable<string> without = _profile.Continue == ContinueHandling.Respond
            ? _profile.StrippedHeaders.Append("Expect")
            : _profile.StrippedHeaders;
        byte[] head = HeadFormat.Write(
            $"{_head.MethodOrVersion} {target.Path} HTTP/1.1", _head, framing.IsChunked, upgrade, without, target.RewrittenHost);

        Stream body = _client.Stream;
        Http1ReadBuffer buffer = _client.Buffer;
        using var repeated = new Http1ReadBuffer();
        if (fault?.Kind == RequestFaultKind.Duplicate && framing.Length is long length && length <= _state.MaxBufferedBytes)
        {
            await HandleExpectationAsync().ConfigureAwait(false);
            byte[] bytes = await ReadAllAsync(new BodyReader(buffer, body, framing), (int)length).ConfigureAwait(false);
            await DeliverFirstCopyAsync(target, head, bytes).ConfigureAwait(false);
            (body, buffer) = (new MemoryStream(bytes, writable: false), repeated);
        }
        else if (_profile.Continue == ContinueHandling.Respond)
        {
            await HandleExpectationAsync().ConfigureAwait(false);
        }

        RelaySocket? server = await DialAsync(target).ConfigureAwait(false);
        if (server is null)
        {
            return false;
        }

        using (server)
        {
            using var idle = new IdleTimer(_profile.IdleTimeout, _state.TimeProvider, _termination);
            StageContext context = _connection.CreateContext(overflowStatus: 413, timeoutStatus: 408);
            IEnumerable<StreamFault> faults = framing.IsEmpty ? [] : Faults(_profile.Up, FaultScope.Bodies);
            if (fault?.Kind == RequestFaultKind.RefuseBodiesAbove)
            {
                faults = faults.Prepend(StreamFault.RefuseAbove(fault.Bytes));
            }

            var reader = new BodyReader(buffer, body, framing);
            var writer = new MessageWriter(server, head, framing.IsChunked);
            var request = new RequestRelay(_client, reader, [.. faults], writer, context, idle);
            await using (request.ConfigureAwait(false))
            {
                await request.StartAsync().ConfigureAwait(false);
                bool tunnel = await RelayResponseAsync(server, request, fault, capture, idle).ConfigureAwait(false);
                await request.StopAsync().ConfigureAwait(false);
                if (!tunnel)
                {
                    return request.IsBodyComplete && !_head.HasToken("Connection", "close") && !_termination.Token.IsCancellationRequested;
                }
            }

            idle.Dispose();
            await TunnelAsync(server).ConfigureAwait(false);
            return false;
        }
    }

    /// <summary>Relays the response; returns whether it was a 101.</summary>
    private async Task<bool> RelayResponseAsync(
        RelaySocket server, RequestRelay request, RequestFault? fault, ResponseCapture? capture, IdleTimer idle)
    {
        Http1Head response;
        int status;
        while (true)
        {
            try
            {
                response = await server.Buffer.ReadHeadAsync(server.Stream, isRequest: false, _termination.Token)
                    .ConfigureAwait(false);
            }
            catch (Exception broken) when (broken is IOException or MalformedHttpException && !_termination.Token.IsCancellationRequested)
            {
                await RespondAsync(502, "the upstream sent no valid response.", MessageFraming.None, closes: true).ConfigureAwait(false);
                _termination.Close();
                return false;
            }

            idle.Restart();
            status = int.Parse(response.TargetOrStatus, CultureInfo.InvariantCulture);
            if (status is 101 or >= 200)
            {
                break;
            }

            if (status != 100 || _profile.Continue == ContinueHandling.Relay)
            {
                byte[] interim = HeadFormat.Write(StatusLine(response), response, chunked: false);
                await _client.WriteAsync(interim, _termination.Token).ConfigureAwait(false);
            }
        }

        if (fault?.Kind == RequestFaultKind.DropResponse)
        {
            _termination.Close();
            return false;
        }

        if (_profile.RespondsAfterRequest && status != 101)
        {
            await request.BodyEnded.WaitAsync(_termination.Token).ConfigureAwait(false);
        }

        MessageFraming framing = MessageFraming.ForResponse(response, _head.MethodOrVersion, status);
        bool chunked = framing.IsChunked || framing.Length is null;
        byte[] head = HeadFormat.Write(StatusLine(response), response, chunked, status == 101 ? response.UpgradeToken() : null);
        var writer = new MessageWriter(_client, head, chunked, () => OnResponding(status, byProxy: false));
        if (status == 101 || framing.IsEmpty)
        {
            await writer.StartAsync(_termination.Token).ConfigureAwait(false);
            return status == 101;
        }

        await RelayBodyAsync(server, response, framing, writer, capture, idle).ConfigureAwait(false);
        return false;
    }

    private async Task RelayBodyAsync(
        RelaySocket server, Http1Head response, MessageFraming framing, MessageWriter writer, ResponseCapture? capture, IdleTimer idle)
    {
        StreamFault[] faults = [.. Faults(_profile.Down, FaultScope.Bodies)];
        if (!faults.Any(f => f.BuffersHead))
        {
            await writer.StartAsync(_termination.Token).ConfigureAwait(false);
        }

        IStageSink sink = capture is null || response.HasToken("Cache-Control", "no-store")
            ? writer
            : capture.Start(response, writer, _state.MaxBufferedBytes);
        var chain = new FaultChain(faults, sink, _connection.CreateContext(overflowStatus: 502));
        await using (chain.ConfigureAwait(false))
        {
            var body = new BodyReader(server.Buffer, server.Stream, framing);
            byte[] buffer = new byte[RelaySocket.MaxReadBytes];
            try
            {
                while (await body.ReadAsync(buffer, _termination.Token).ConfigureAwait(false) is > 0 and int read)
                {
                    idle.Restart();
                    await chain.WriteAsync(buffer.AsMemory(0, read), _termination.Token).ConfigureAwait(false);
                }

                await chain.CompleteAsync(_termination.Token).ConfigureAwait(false);
            }
            catch (Exception broken) when (broken is IOException or MalformedHttpException)
            {
                // A truncated response must not look complete to the client.
                _termination.Reset();
            }
        }
    }

    private Task TunnelAsync(RelaySocket server)
    {
        IEnumerable<StreamFault> up = Faults(_profile.Up, FaultScope.Tunnels);
        IEnumerable<StreamFault> down = Faults(_profile.Down, FaultScope.Tunnels);
        return ByteRelay.RunAsync(_connection, server, _profile, up, down);
    }

    private static string StatusLine(Http1Head response) => $"HTTP/1.1 {response.TargetOrStatus} {response.VersionOrReason}";

    private static IEnumerable<StreamFault> Faults(IEnumerable<StreamFault> faults, FaultScope scope) =>
        faults.Where(f => f.Scope.HasFlag(scope));

    /// <summary>Connects to the upstream. If that fails, answers the client with 502 and returns null.</summary>
    private async Task<RelaySocket?> DialAsync(ProxyTarget target)
    {
        try
        {
            return await _state.ConnectAsync(target.Host, target.Port, _termination.Token).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            await RespondAsync(502, "the proxy cannot connect to the upstream.", MessageFraming.None, closes: true).ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>Sends 100 to a client that expects it.</summary>
    private async ValueTask HandleExpectationAsync()
    {
        if (_head.HasToken("Expect", "100-continue"))
        {
            await _client.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _termination.Token).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Responds in place of the upstream; returns whether the connection can serve another request. It cannot after an unread body.
    /// </summary>
    private async Task<bool> RespondAsync(
        int status, string message, MessageFraming unread, bool closes = false, string? authenticate = null)
    {
        closes |= !unread.IsEmpty;
        OnResponding(status, byProxy: true);
        byte[] response = HeadFormat.WriteProxyResponse(status, "Fault proxy: " + message, closes, authenticate);
        await _client.WriteAsync(response, _termination.Token).ConfigureAwait(false);
        return !closes;
    }

    private void OnResponding(int status, bool byProxy)
    {
        HasResponded = true;
        Entry.SetResponse(status, byProxy);
    }

    private async Task<byte[]> ReadAllAsync(BodyReader body, int length)
    {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length;)
        {
            at += await body.ReadAsync(bytes.AsMemory(at), _termination.Token).ConfigureAwait(false);
        }

        return bytes;
    }

    /// <summary>Delivers the first of two copies of a request. The proxy discards the response.</summary>
    private async Task DeliverFirstCopyAsync(ProxyTarget target, byte[] head, byte[] body)
    {
        using RelaySocket server = await _state.ConnectAsync(target.Host, target.Port, _termination.Token).ConfigureAwait(false);
        await server.WriteAsync(head, _termination.Token).ConfigureAwait(false);
        await server.WriteAsync(body, _termination.Token).ConfigureAwait(false);
        Http1Head response;
        int status;
        do
        {
            response = await server.Buffer.ReadHeadAsync(server.Stream, isRequest: false, _termination.Token).ConfigureAwait(false);
            status = int.Parse(response.TargetOrStatus, CultureInfo.InvariantCulture);
        }
        while (status < 200 && status != 101);
        var rest = new BodyReader(server.Buffer, server.Stream, MessageFraming.ForResponse(response, _head.MethodOrVersion, status));
        byte[] buffer = new byte[RelaySocket.MaxReadBytes];
        while (await rest.ReadAsync(buffer, _termination.Token).ConfigureAwait(false) > 0)
        {
            // The rest is read so that the upstream completes the request.
        }
    }

    /// <summary>Reads from the client without a response until the client closes the connection.</summary>
    private async Task WaitForEndAsync()
    {
        byte[] buffer = new byte[RelaySocket.MaxReadBytes];
        while (await _client.ReadAsync(buffer, _termination.Token).ConfigureAwait(false) > 0)
        {
            // The bytes are discarded.
        }
    }
}
