using System.Buffers;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>
/// An upload leg of streamed requests. When an upload breaks, another one continues at the first byte that the server has not received.
/// When uploads break early, later ones are ended in an orderly way before that age (rotation). When that does not help, a leg of blocks
/// replaces this one. No upload grows beyond the usual limits for request bodies.
/// </summary>
internal sealed class StreamUploadLeg(ClientLegConnection connection) : IUploadLeg
{
    private const int MaxConsecutiveFailures = 3;
    private const int HeaderBytes = LegRecordWriter.ControlRecordBytes + LegRecordWriter.HeaderBytes;
    private const int BufferBytes = 32 * 1024;

    // An upload is rotated at this size. nginx ends a request at 1 MiB by default, and does not notify the client nor, in time, the server.
    private const int MaxBodyBytes = 768 * 1024;

    // An upload that lasted this long before it broke does not count as an early failure.
    private static readonly TimeSpan HealthyLifetime = TimeSpan.FromSeconds(60);

    // The minimum lifetime for which rotated uploads are worth their requests.
    private static readonly TimeSpan MinLifetime = TimeSpan.FromSeconds(2);

    // The maximum time for the server's response to an ended upload, and for its report of the first probe of a reopened upload.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(3);

    // The maximum time for the 100 response to a reopened upload.
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(10);

    // These fields are used by the task that opens or runs the leg only.
    private UploadRequest? _upload;
    private long _claim;
    private long _startTimestamp;
    private TimeSpan _lifetime = Timeout.InfiniteTimeSpan;
    private int _consecutiveFailures;
    private int _earlyFailures;
    private int _bodyBytes;
    private bool _isAfterRotation;

    public async ValueTask OpenAsync(TimeSpan probeTimeout, CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        await new UploadProber(connection, _upload!).ProbeAsync(probeTimeout, cancellationToken).ConfigureAwait(false);
    }

    public async Task<bool> RunAsync()
    {
        while (true)
        {
            TransportException? failure;
            UploadOutcome outcome = UploadOutcome.Failed;
            try
            {
                if (_upload is null)
                {
                    using CancellationTokenSource timeout = new(OpenTimeout, connection.TimeProvider);
                    using CancellationTokenSource stop =
                        CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, connection.Stopping);
                    await StartAsync(stop.Token).ConfigureAwait(false);

                    // After a rotation no probe is needed: the previous upload streamed and was acknowledged.
                    if (!_isAfterRotation && !await IsStreamingAsync(_upload!).ConfigureAwait(false))
                    {
                        throw new TransportException($"{connection.TransportName}: the reopened upload does not stream.");
                    }
                }

                outcome = await PumpAsync().ConfigureAwait(false);
                failure = _upload!.EndReason;
            }
            catch (Exception exception)
            {
                // Catch everything: any exception is the failure of this upload only.
                failure = _upload?.EndReason
                    ?? exception as TransportException
                    ?? new TransportException($"{connection.TransportName}: the upload broke: {exception.Message}", exception);
            }

            if (outcome == UploadOutcome.Complete || connection.Stopping.IsCancellationRequested || connection.Failure is not null)
            {
                return true;
            }

            if (failure?.HttpStatus is 401 or 403 or 404 or 407 or 410)
            {
                connection.Fail(failure, isDownload: false);
                return true;
            }

            _isAfterRotation = outcome == UploadOutcome.Rotated;
            bool reopen = _isAfterRotation ? OnRotated() : ShouldReopen(failure);
            if (_upload is not null)
            {
                await _upload.DisposeAsync().ConfigureAwait(false);
                _upload = null;
            }

            if (RetryBackoff.GetRetryAfter(failure) is { Ticks: > 0 } retryAfter)
            {
                await Task.Delay(retryAfter, connection.TimeProvider, connection.Stopping)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (!reopen)
            {
                return false;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_upload is not null)
        {
            await _upload.DisposeAsync().ConfigureAwait(false);
        }
    }

    private ValueTask<bool> IsStreamingAsync(UploadRequest upload) =>
        new UploadProber(connection, upload).TryProbeAsync(ResponseTimeout, connection.Stopping);

    private async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        _startTimestamp = connection.TimeProvider.GetTimestamp();
        _bodyBytes = 0;
        _claim = connection.SendBuffer.ClaimFromAcknowledged(out long offset);
        _upload = new UploadRequest(connection, connection.NextUploadEpoch(), offset);
        await _upload.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    private bool OnRotated()
    {
        _consecutiveFailures = 0;
        if (_earlyFailures == 1)
        {
            // The one early failure may have been accidental: remove the limit. If it was not, it happens again.
            _lifetime = Timeout.InfiniteTimeSpan;
        }

        return true;
    }

    private bool ShouldReopen(TransportException? failure)
    {
        TimeSpan actualLifetime = connection.TimeProvider.GetElapsedTime(_startTimestamp);
        if (actualLifetime >= HealthyLifetime)
        {
            _consecutiveFailures = 1;
            return true;
        }

        TimeSpan safeLifetime = actualLifetime * 0.75;
        _earlyFailures++;
        if (++_consecutiveFailures == MaxConsecutiveFailures
            || (_consecutiveFailures > 1 && safeLifetime < MinLifetime)
            || failure?.HttpStatus is >= 400 and < 500 and not (408 or 429))
        {
            return false;
        }

        safeLifetime = safeLifetime < MinLifetime ? MinLifetime : safeLifetime;
        _lifetime = _lifetime == Timeout.InfiniteTimeSpan || safeLifetime < _lifetime ? safeLifetime : _lifetime;
        return true;
    }

    private async Task<UploadOutcome> PumpAsync()
    {
        TimeSpan remainingLifetime = _lifetime == Timeout.InfiniteTimeSpan ? _lifetime : GetRemainingLifetime();
        using CancellationTokenSource rotation = new(remainingLifetime, connection.TimeProvider);
        using CancellationTokenRegistration registration = rotation.Token.UnsafeRegister(
            static sendBuffer => ((LegSendBuffer)sendBuffer!).NotifyChanged(), connection.SendBuffer);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(HeaderBytes + BufferBytes);
        UploadOutcome outcome = await PumpAsync(buffer, rotation.Token).ConfigureAwait(false);

        // The buffer is not returned when a write has failed, because the request may still use it.
        ArrayPool<byte>.Shared.Return(buffer);
        return outcome;
    }

    private async Task<UploadOutcome> PumpAsync(byte[] buffer, CancellationToken rotation)
    {
        while (_upload!.EndReason is null)
        {
            if (_bodyBytes >= MaxBodyBytes)
            {
                return await TryFinishAsync().ConfigureAwait(false) ? UploadOutcome.Rotated : UploadOutcome.Failed;
            }

            Task change = connection.SendBuffer.WaitForChangeAsync();
            int length = connection.SendBuffer.TakeUnsent(_claim, buffer.AsSpan(HeaderBytes, BufferBytes), out _);
            bool hasReport = connection.IsConsumedReportDue
                || (length > 0 && connection.ReceiveBuffer.ConsumedOffset != connection.ReportedConsumedOffset);
            if (hasReport)
            {
                LegRecordWriter.WriteControl(buffer, LegRecordType.Consumed, connection.TakeConsumedReport());
            }

            if (length > 0)
            {
                LegRecordWriter.WriteHeader(buffer.AsSpan(LegRecordWriter.ControlRecordBytes), LegRecordType.Data, length);
            }

            int start = hasReport ? 0 : LegRecordWriter.ControlRecordBytes;
            int end = length > 0 ? HeaderBytes + length : LegRecordWriter.ControlRecordBytes;
            if (end > start)
            {
                _bodyBytes += end - start;
                await _upload.WriteAsync(buffer.AsMemory(start, end - start), connection.Stopping).ConfigureAwait(false);
            }
            else if (length < 0)
            {
                break;
            }
            else if (connection.SendBuffer.HasSentAll(_claim))
            {
                LegRecordWriter.WriteControl(buffer, LegRecordType.End, connection.SendBuffer.WrittenOffset);
                await _upload.WriteAsync(buffer.AsMemory(0, LegRecordWriter.ControlRecordBytes), connection.Stopping)
                    .ConfigureAwait(false);
                return await TryFinishAsync().ConfigureAwait(false) ? UploadOutcome.Complete : UploadOutcome.Failed;
            }
            else if (rotation.IsCancellationRequested)
            {
                return await TryFinishAsync().ConfigureAwait(false) ? UploadOutcome.Rotated : UploadOutcome.Failed;
            }
            else
            {
                await change.WaitAsync(connection.Stopping).ConfigureAwait(false);
            }
        }

        return UploadOutcome.Failed;
    }

    private async ValueTask<bool> TryFinishAsync()
    {
        _upload!.CompleteBody();
        while (true)
        {
            long acknowledgedOffset = connection.SendBuffer.AcknowledgedOffset;
            try
            {
                await _upload.Completion.WaitAsync(ResponseTimeout, connection.TimeProvider, connection.Stopping).ConfigureAwait(false);
                return _upload.IsAccepted;
            }
            catch (TimeoutException) when (connection.SendBuffer.AcknowledgedOffset > acknowledgedOffset)
            {
                // The line is slow: the written bytes are still being sent.
            }
        }
    }

    private TimeSpan GetRemainingLifetime()
    {
        TimeSpan remaining = _lifetime - connection.TimeProvider.GetElapsedTime(_startTimestamp);
        return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
    }
}
