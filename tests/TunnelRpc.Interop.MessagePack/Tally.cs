namespace TunnelRpc.Interop.MessagePack;

/// <summary>Counts the checks that passed and failed, and prints the first failures.</summary>
internal sealed class Tally
{
    /// <summary>The number of failures that are printed at most.</summary>
    private const int MaxPrintedFailures = 20;

    public int Passed { get; private set; }

    public int Failed { get; private set; }

    public void Add(bool passed, Func<string> failure)
    {
        if (passed)
        {
            Passed++;
            return;
        }

        Failed++;
        if (Failed <= MaxPrintedFailures)
        {
            Console.WriteLine($"  FAILED {failure()}");
        }
    }

    public void Section(string title, int passedBefore, int failedBefore) =>
        Console.WriteLine($"{title}: {Passed - passedBefore} passed, {Failed - failedBefore} failed");

    public void Close() => Console.WriteLine($"{Passed} passed, {Failed} failed");
}
