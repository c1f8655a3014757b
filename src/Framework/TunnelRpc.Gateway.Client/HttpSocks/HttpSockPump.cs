namespace TunnelRpc.Gateway.Client.HttpSocks;

/// <summary>
/// Moves bytes between the stream of a client and its requests: one loop sends PUT, one GET. Both run until the stream is disposed, or has
/// ended or broken.
/// </summary>
internal sealed class HttpSockPump : IAsyncDisposable
{
    /// <summary>The most bytes of one request. Larger bodies would not be faster, and a lost one costs more.</summary>
    private const int MaxBodySize = 64 << 10;

    private readonly HttpSockRequests _requests;
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _closeTimeout;
    private readonly OffsetBuffer _input;
    private readonly OffsetBuffer _output;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _sending;
    private readonly Task _receiving;

    /// <summary>Starts both loops.</summary>
    /// <param name="requests">The open session. Owned.</param>
    /// <param name="options">The options.</param>
    public HttpSockPump(HttpSockRequests requests, HttpSockClientOptions options)
    {
        _requests = requests;
        _timeProvider = options.TimeProvider;
        _closeTimeout = options.CloseTimeout;
        _input = new OffsetBuffer(options.BufferSize);
        _output = new OffsetBuffer(options.BufferSize);
        int bodySize = Math.Min(MaxBodySize, options.BufferSize);
        Stream = new OffsetStream(_input, _output, () => DisposeAsync().AsTask());
        _sending = Task.Run(() => RunAsync(() => SendAsync(bodySize), isReceiver: false));
        _receiving = Task.Run(() => RunAsync(() => ReceiveAsync(bodySize), isReceiver: true));
    }

    /// <summary>The stream. Its disposal closes the session.</summary>
    public Stream Stream { get; }

    /// <summary>
    /// Sends what was written and closes the session. Called once, by the disposal of <see cref="Stream"/>; never throws.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _output.Complete();
        try
        {
            await _sending.WaitAsync(_closeTimeout, _timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // What the server has not accepted by now is dropped.
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_sending, _receiving).ConfigureAwait(false);
        using (var timeout = new CancellationTokenSource(_closeTimeout, _timeProvider))
        {
            await _requests.DeleteAsync(timeout.Token).ConfigureAwait(false);
        }

        var disposed = new IOException("The stream was disposed.");
        _input.Fail(disposed);
        _input.Discard();
        _output.Fail(disposed);
        _output.Discard();
        _requests.Dispose();
        _closing.Dispose();
    }

    /// <summary>
    /// Runs a loop; never throws. A failure of the receiver breaks the stream in both directions. That of the sender breaks the writes
    /// only: an application that does not read to the end is no reason to lose what it has sent.
    /// </summary>
    private async Task RunAsync(Func<Task> loop, bool isReceiver)
    {
        try
        {
            await loop().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The stream was disposed.
        }
        catch (Exception failed)
        {
            IOException broken = failed as IOException ?? new IOException($"The stream broke: {failed.Message}", failed);
            _output.Fail(broken);
            if (isReceiver)
            {
                _input.Fail(broken);
                await _closing.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task SendAsync(int bodySize)
    {
        byte[] body = new byte[bodySize];
        long offset = 0;
        while (await _output.WaitForDataAsync(offset, _closing.Token).ConfigureAwait(false))
        {
            int count = _output.CopyTo(offset, body);
            long accepted = await _requests.PutAsync(offset, body.AsMemory(0, count), _closing.Token).ConfigureAwait(false);
            if (accepted == offset)
            {
                // The application of the server does not read. A server that did not hold the request is not asked without a pause.
                await Task.Delay(HttpSockRequests.MinPoll, _timeProvider, _closing.Token).ConfigureAwait(false);
            }

            offset = accepted;
            _output.TryRelease(offset);
        }
    }

    private async Task ReceiveAsync(int bodySize)
    {
        bool hasMore = true;
        while (hasMore)
        {
            await _input.WaitForCapacityAsync(_closing.Token).ConfigureAwait(false);
            int max = Math.Min(_input.FreeCapacity, bodySize);
            hasMore = await _requests.GetAsync(_input, max, _closing.Token).ConfigureAwait(false);
        }

        _input.Complete();
    }
}
