using TunnelRpc.Testing.Faults.Stages;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>
/// Sends a request to the upstream, while the response is relayed. After that it reads from the client, and closes the connection if the
/// client disconnects. Disposal ends the relay.
/// </summary>
internal sealed class RequestRelay : IAsyncDisposable
{
    private readonly RelaySocket _client;
    private readonly BodyReader _body;
    private readonly IReadOnlyList<StreamFault> _faults;
    private readonly MessageWriter _request;
    private readonly IdleTimer _idle;
    private readonly ConnectionTermination _termination;
    private readonly FaultChain _chain;
    private readonly CancellationTokenSource _stop;
    private readonly TaskCompletionSource _bodyEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;

    public RequestRelay(
        RelaySocket client,
        BodyReader body,
        IReadOnlyList<StreamFault> faults,
        MessageWriter request,
        StageContext context,
        IdleTimer idle)
    {
        _client = client;
        _body = body;
        _faults = faults;
        _request = request;
        _idle = idle;
        _termination = context.Termination;
        _chain = new FaultChain(faults, request, context);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_termination.Token);
    }

    /// <summary>Completes when the client has sent the whole request.</summary>
    public Task BodyEnded => _bodyEnded.Task;

    /// <summary>Whether the client has sent the whole request.</summary>
    public bool IsBodyComplete => _bodyEnded.Task.IsCompletedSuccessfully;

    /// <summary>Starts the relay. The head is sent at once unless a fault buffers it with the body.</summary>
    public async ValueTask StartAsync()
    {
        if (!_faults.Any(f => f.BuffersHead))
        {
            await _request.StartAsync(_stop.Token).ConfigureAwait(false);
        }

        _running = RunAsync();
    }

    /// <summary>Stops the relay; completes when it no longer reads from the client.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _chain.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            if (!await SendAsync().ConfigureAwait(false))
            {
                return;
            }

            if (_client.Buffer.Unconsumed.IsEmpty
                && !await _client.Buffer.FillAsync(_client.Stream, _stop.Token).ConfigureAwait(false))
            {
                _termination.Close();
            }
        }
        catch (OperationCanceledException)
        {
            // StopAsync, or the connection is terminated.
        }
        catch (Exception failure) when (failure is IOException or MalformedHttpException)
        {
            _termination.Close();
        }
    }

    /// <summary>
    /// Sends the body. Returns false if the upstream does not accept more: the connection stays open, since the upstream's response may
    /// have the reason.
    /// </summary>
    private async Task<bool> SendAsync()
    {
        byte[] buffer = new byte[RelaySocket.MaxReadBytes];
        while (true)
        {
            int read = await _body.ReadAsync(buffer, _stop.Token).ConfigureAwait(false);
            _idle.Restart();
            if (read == 0)
            {
                _bodyEnded.TrySetResult();
            }

            try
            {
                if (read == 0)
                {
                    await _chain.CompleteAsync(_stop.Token).ConfigureAwait(false);
                    return true;
                }

                await _chain.WriteAsync(buffer.AsMemory(0, read), _stop.Token).ConfigureAwait(false);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }
}
