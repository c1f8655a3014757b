using System.Diagnostics;
using System.Globalization;
using TunnelRpc.Serialization;

namespace TunnelRpc.Interop.MessagePack;

/// <summary>Exchanges random values in both directions with another implementation, which runs as a script.</summary>
internal sealed class PeerExchange(string name, string[] command, ValueProfile profile, NumberRule rule)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>This side encodes random values, the peer decodes and encodes them again, and this side compares the result.</summary>
    public async Task PeerRepeatsOursAsync(int seed, int count, Tally tally)
    {
        (int passed, int failed) = (tally.Passed, tally.Failed);
        using TemporaryDirectory directory = new();
        RandomValues random = new(seed, profile);
        object?[] values = [.. Enumerable.Range(0, count).Select(_ => random.Next())];
        byte[][] ours = [.. values.Select(ValueTree.Encode)];
        RecordFile.Write(directory.File("ours"), ours);

        (int code, string output) = await RunAsync("repeat", directory.File("ours"), directory.File("theirs"));
        List<byte[]> theirs = code == 0 ? RecordFile.Read(directory.File("theirs")) : [];

        if (theirs.Count != count)
        {
            tally.Add(false, () => $"{name} returned {theirs.Count} of {count} values (exit code {code}): {output}");
        }

        foreach ((int index, byte[] bytes) in theirs.Index())
        {
            tally.Add(
                Decodes(bytes, out object? repeated)
                    && ValueComparison.Same(values[index], repeated, rule)
                    && ValueComparison.Same(values[index], ValueTree.Decode(ours[index]), NumberRule.IntegersApart),
                () => $"{name}, value {index} of seed {seed}: wrote {Abbreviated(ours[index])}, the peer repeated {Abbreviated(bytes)}");
        }

        tally.Section($"{name} repeats {count} values of TunnelRpc", passed, failed);
    }

    /// <summary>The peer encodes random values, this side decodes and encodes them again, and the peer compares the result.</summary>
    public async Task RepeatThoseOfPeerAsync(int seed, int count, Tally tally)
    {
        (int passed, int failed) = (tally.Passed, tally.Failed);
        using TemporaryDirectory directory = new();
        string seedText = seed.ToString(CultureInfo.InvariantCulture);
        string countText = count.ToString(CultureInfo.InvariantCulture);

        (int code, string output) = await RunAsync("make", seedText, countText, directory.File("theirs"));
        List<byte[]> theirs = code == 0 ? RecordFile.Read(directory.File("theirs")) : [];
        if (theirs.Count != count)
        {
            tally.Add(false, () => $"{name} made {theirs.Count} of {count} values (exit code {code}): {output}");
            return;
        }

        // A value that cannot be decoded is replaced by a text that the peer never creates, so that the peer finds a difference.
        RecordFile.Write(
            directory.File("ours"),
            theirs.Select(bytes => ValueTree.Encode(Decodes(bytes, out object? value) ? value : "not decoded")));
        (code, output) = await RunAsync("compare", seedText, countText, directory.File("ours"));

        // The output has one line for each value that differs, and then the number of equal values.
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        bool counted = int.TryParse(lines.LastOrDefault(), CultureInfo.InvariantCulture, out int same);
        for (int i = 0; i < count; i++)
        {
            tally.Add(
                counted && code == 0 && i < same,
                () => $"{name}, seed {seed}: {(i - same < lines.Length - 1 && counted ? lines[i - same] : output)}");
        }

        tally.Section($"TunnelRpc repeats {count} values of {name}", passed, failed);
    }

    private static bool Decodes(byte[] bytes, out object? value)
    {
        try
        {
            value = ValueTree.Decode(bytes);
            return true;
        }
        catch (MessagePackException failure)
        {
            Console.WriteLine($"  {Abbreviated(bytes)}: {failure.Message}");
            value = null;
            return false;
        }
    }

    private static string Abbreviated(byte[] bytes) =>
        Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(bytes.Length, 60))) + (bytes.Length > 60 ? $"... ({bytes.Length} bytes)" : "");

    private async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        ProcessStartInfo start =
            new(command[0], [.. command[1..], .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process =
            Process.Start(start) ?? throw new InvalidOperationException($"Expected {command[0]} to start, got no process.");
        using CancellationTokenSource timeout = new(Limit);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"Expected {name} to exit within {Limit}. The process was killed.");
        }
    }
}
