using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

/// <summary>An outgoing client-streaming call: a stream of items to the peer, one reply. Used once.</summary>
internal sealed class ClientStreamingCall<TService, TArgs, TItem, TResult> : OutgoingCall
    where TService : class
{
    private readonly ClientStreamingMethod<TService, TArgs, TItem, TResult> _method;
    private readonly CallSettings? _settings;
    private readonly CallReferences? _references;
    private readonly TaskCompletionSource<TResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Set by the reader, before the result.
    private bool _isReplied;

    /// <param name="multiplexer">The multiplexer of the session.</param>
    /// <param name="method">The method.</param>
    /// <param name="settings">The settings of the call; null for none.</param>
    /// <param name="references">The references of the call; null for none.</param>
    public ClientStreamingCall(
        Multiplexer multiplexer,
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method,
        CallSettings? settings,
        CallReferences? references)
        : base(multiplexer)
    {
        _settings = settings;
        _references = references;
        _method = method;
        SendWindow = new SendWindow(multiplexer.InitialSendWindow, multiplexer.Work);
    }

    /// <inheritdoc/>
    public override TunnelMethod? CalledMethod => _method;

    /// <summary>Whether the whole CALL was sent.</summary>
    public bool IsSent { get; private set; }

    /// <summary>Opens the call, sends the items and returns the result. A reply that arrives early stops the items.</summary>
    public async ValueTask<TResult> RunAsync(TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await OpenAsync(_method, _method.ArgumentsFormatter, args, FrameFlags.None, _settings, _references, cancellationToken)
                .ConfigureAwait(false);
            IsSent = true;
        }
        catch
        {
            // The end of the session may have set a failure as the result, too. It is read here so that it is not reported as unobserved.
            _result.TrySetCanceled(CancellationToken.None);
            _ = _result.Task.Exception;
            throw;
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
                ((ClientStreamingCall<TService, TArgs, TItem, TResult>)state!).Cancel(new OperationCanceledException(token)),
            this);

        ScheduledSender scheduledSender = _settings?.CreateScheduledSender() ?? new ScheduledSender();
        var upload = new OutgoingItemStream<TItem>(Multiplexer, this, _method.ItemFormatter, items, scheduledSender, _references);
        Task sending = upload.RunAsync();
        if (await Task.WhenAny(sending, _result.Task).ConfigureAwait(false) == sending && upload.Failure is Exception failure)
        {
            // The stream of the application failed. This ends the call, and the caller gets the exception of that stream.
            Cancel(failure);
        }

        try
        {
            return await _result.Task.ConfigureAwait(false);
        }
        finally
        {
            await upload.StopAsync(_isReplied, cancellationToken).ConfigureAwait(false);
        }
    }

    public override void OnReply(FrameFlags flags, ReadOnlySpan<byte> body)
    {
        _isReplied = true;
        try
        {
            _result.TrySetResult(ReplyReader.ReadResult(
                Multiplexer, Id, _method, _method.ResultFormatter, flags, body, _settings?.Trailers, _references));
        }
        catch (TunnelException error)
        {
            _result.TrySetException(error);
        }
    }

    public override void OnFailed(TunnelException error) => _result.TrySetException(error);

    private void Cancel(Exception reason)
    {
        if (Multiplexer.TryCancel(this, TunnelStatus.Cancelled))
        {
            _result.TrySetException(reason);
        }
    }
}
