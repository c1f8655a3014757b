using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Fleet.Contracts;
using TunnelRpc;

namespace Fleet.Agents;

/// <summary>The agent's implementation of IFleetAgent. Thread-safe: one object serves every call.</summary>
internal sealed partial class FleetAgent : IFleetAgent
{
    private const int MaxTailLines = 10_000;

    private readonly AgentOptions _options;
    private readonly ILogger _logger;
    private readonly AgentFolder _logs;
    private readonly AgentFolder _inbox;

    public FleetAgent(AgentOptions options, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _logs = new AgentFolder(options.Folder, "logs");
        _inbox = new AgentFolder(options.Folder, "inbox");
    }

    /// <summary>The names of the commands that operators can run.</summary>
    public IReadOnlyList<string> CommandNames => [.. _options.Commands.Keys.Order(StringComparer.Ordinal)];

    public IAsyncEnumerable<CommandOutput> RunAsync(string command, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (!_options.Commands.TryGetValue(command, out AllowedCommand? allowed))
        {
            throw new TunnelException(
                TunnelStatus.PermissionDenied,
                $"{_options.Name} does not run that command. It runs: {string.Join(", ", CommandNames.DefaultIfEmpty("nothing"))}.");
        }

        if (arguments.Count > 0 && !allowed.TakesArguments)
        {
            throw new TunnelException(
                TunnelStatus.PermissionDenied, $"{_options.Name} runs {command} without further arguments; got {arguments.Count}.");
        }

        return RunAsync(command, allowed, arguments, cancellationToken);
    }

    public async IAsyncEnumerable<string> TailAsync(string log, int lines, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string path = _logs.PathOf(log);
        if (lines is < 0 or > MaxTailLines)
        {
            throw new TunnelException(TunnelStatus.InvalidArgument, $"Expected 0 to {MaxTailLines} lines, got {lines}.");
        }

        if (!File.Exists(path))
        {
            throw new TunnelException(TunnelStatus.NotFound, $"{_options.Name} has no log {log}.");
        }

        try
        {
            await foreach (string line in new LogTail(
                path, _options.TailInterval, _options.TimeProvider).FollowAsync(lines, cancellationToken))
            {
                yield return line;
            }
        }
        finally
        {
            LogTailEnded(_logger, _options.Name, log);
        }
    }

    public async Task<StoredFile> ReceiveAsync(string name, Stream content, IProgress<long> stored, CancellationToken cancellationToken)
    {
        string path = _inbox.PathOf(name);
        string partial = $"{path}.{Guid.NewGuid():N}.part";
        bool complete = false;
        try
        {
            (long length, string hash) = await StoreAsync(partial, content, stored, cancellationToken);
            File.Move(partial, path, overwrite: true);
            complete = true;
            LogReceived(_logger, _options.Name, name, length);
            return new StoredFile(name, length, hash);
        }
        finally
        {
            if (!complete)
            {
                File.Delete(partial);
                LogAborted(_logger, _options.Name, name);
            }
        }
    }

    public Task NotifyAsync(string text, CancellationToken cancellationToken)
    {
        LogNotice(_logger, _options.Name, text);
        return Task.CompletedTask;
    }

    private async IAsyncEnumerable<CommandOutput> RunAsync(
        string command, AllowedCommand allowed, IReadOnlyList<string> arguments,
            [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        LogCommand(_logger, _options.Name, command);
        try
        {
            await foreach (CommandOutput output in CommandRun.StartAsync(allowed, arguments, cancellationToken))
            {
                yield return output;
            }
        }
        finally
        {
            LogCommandEnded(_logger, _options.Name, command);
        }
    }

    private async Task<(long Length, string Hash)> StoreAsync(
        string path, Stream content, IProgress<long> stored, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            long length = 0;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                length += read;
                if (length > _options.MaxUpload)
                {
                    throw new TunnelException(
                        TunnelStatus.ResourceExhausted, $"{_options.Name} takes files of at most {_options.MaxUpload} bytes (MaxUpload).");
                }

                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                stored.Report(length);
            }

            return (length, Convert.ToHexString(hash.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Agent} runs {Command}.")]
    private static partial void LogCommand(ILogger logger, string agent, string command);

    [LoggerMessage(2, LogLevel.Information, "{Agent} closed the log {Log}.")]
    private static partial void LogTailEnded(ILogger logger, string agent, string log);

    [LoggerMessage(3, LogLevel.Information, "{Agent} received {File}, {Length} bytes.")]
    private static partial void LogReceived(ILogger logger, string agent, string file, long length);

    [LoggerMessage(6, LogLevel.Information, "{Agent} ended {Command}.")]
    private static partial void LogCommandEnded(ILogger logger, string agent, string command);

    [LoggerMessage(5, LogLevel.Information, "{Agent} cancelled the upload of {File}.")]
    private static partial void LogAborted(ILogger logger, string agent, string file);

    [LoggerMessage(4, LogLevel.Information, "{Agent} shows: {Text}")]
    private static partial void LogNotice(ILogger logger, string agent, string text);
}
