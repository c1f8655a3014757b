using System.Text;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Cli.Contracts;

/// <summary>Creates or updates a lock.</summary>
internal static class LockUpdate
{
    /// <summary>Writes the facts to the lock, unless a change breaks a peer and is not accepted.</summary>
    /// <param name="now">The contracts.</param>
    /// <param name="path">The path of the lock.</param>
    /// <param name="accept">Whether changes that break a peer are accepted.</param>
    /// <param name="output">Receives the differences.</param>
    /// <param name="cancellationToken">Cancels the command.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        ContractSource now, string path, bool accept, TextWriter output, CancellationToken cancellationToken)
    {
        LockFact[] facts = [.. now.Model.Facts.Where(f => !f.IsDocumentation)];
        if (!File.Exists(path))
        {
            await WriteFileAsync(path, LockFile.Format(facts, now.Model.Reserved), cancellationToken).ConfigureAwait(false);
            await output.WriteLineAsync($"Created {path} with {facts.Length} facts.").ConfigureAwait(false);
            return ExitCode.Ok;
        }

        ContractSource old = ContractSource.Read(path);
        IReadOnlyList<LockDifference> differences = ContractCommand.Compare(old, now);
        await ContractReport.WriteAsync(differences, LockGrade.Addition, output, cancellationToken).ConfigureAwait(false);
        LockDifference[] breaks = [.. differences.Where(d => d.Grade == LockGrade.Break)];
        if (breaks.Length > 0 && !accept)
        {
            await output.WriteLineAsync($"{path} is not changed. --accept accepts changes that break a peer.").ConfigureAwait(false);
            return ExitCode.Failed;
        }

        // What is removed without a break, such as a value of an enum, is reserved, too: its name or number must not get another meaning.
        IEnumerable<LockFact> given = breaks.Concat(differences.Where(d => d.Grade == LockGrade.Surprise && IsRemoval(d)))
            .Select(d => d.Old)
            .OfType<LockFact>();
        LockFact[] reserved = [.. old.Model.Reserved.Concat(now.Model.Reserved).Concat(given).Distinct()];
        string text = LockFile.Format(facts, reserved.Where(r => !facts.Contains(r)));
        if (text == await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false))
        {
            await output.WriteLineAsync($"{path} is up to date.").ConfigureAwait(false);
            return ExitCode.Ok;
        }

        await WriteFileAsync(path, text, cancellationToken).ConfigureAwait(false);
        await output.WriteLineAsync($"Updated {path} with {facts.Length} facts.").ConfigureAwait(false);
        return ExitCode.Ok;
    }

    /// <summary>Writes a file as a whole: a reader never sees a part of it.</summary>
    /// <exception cref="UsageException">The file cannot be written.</exception>
    public static async Task WriteFileAsync(string path, string text, CancellationToken cancellationToken)
    {
        string temporary = path + ".new";
        try
        {
            await File.WriteAllTextAsync(temporary, text, new UTF8Encoding(false), cancellationToken).ConfigureAwait(false);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"'{path}' cannot be written: {error.Message}");
        }
    }

    private static bool IsRemoval(LockDifference difference) =>
        difference is { Old: { Aspect: "value" or "parameter" or "fault" } old, New: var @new } && @new?.Identity != old.Identity;
}
