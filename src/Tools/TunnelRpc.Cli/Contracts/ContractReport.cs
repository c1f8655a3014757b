using System.Globalization;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Cli.Contracts;

/// <summary>Writes differences as lines of text: those that break a peer first.</summary>
internal static class ContractReport
{
    /// <summary>Writes the differences and a line that counts them.</summary>
    /// <param name="differences">The differences.</param>
    /// <param name="least">The grade from which differences are written. The others are only counted.</param>
    /// <param name="output">Receives the lines.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    public static async Task WriteAsync(
        IReadOnlyList<LockDifference> differences, LockGrade least, TextWriter output, CancellationToken cancellationToken)
    {
        foreach (LockDifference difference in differences.Where(d => d.Grade >= least).OrderByDescending(d => d.Grade))
        {
            string grade = difference.Grade switch
            {
                LockGrade.Break => "breaks     ",
                LockGrade.Surprise => "surprises  ",
                _ => "adds       ",
            };
            await output.WriteLineAsync($"{grade}{difference.Message}".AsMemory(), cancellationToken).ConfigureAwait(false);
        }

        string counts = string.Join(", ", new[]
        {
            Count(differences, LockGrade.Break, "breaks a peer", "break a peer"),
            Count(differences, LockGrade.Surprise, "may surprise a peer", "may surprise a peer"),
            Count(differences, LockGrade.Addition, "adds to the contracts", "add to the contracts"),
        }.Where(c => c.Length > 0));
        await output.WriteLineAsync((counts.Length == 0 ? "No difference." : counts + ".").AsMemory(), cancellationToken)
            .ConfigureAwait(false);
    }

    private static string Count(IReadOnlyList<LockDifference> differences, LockGrade grade, string one, string many)
    {
        int count = differences.Count(d => d.Grade == grade);
        return count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");
    }
}
