namespace TunnelRpc.Interop.MessagePack;

/// <summary>Counts what passed and what failed, and tells of the first failures.</summary>
internal sealed class Tally
{
    private const int Told = 20;

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
        if (Failed <= Told)
        {
            Console.WriteLine($"  FAILED {failure()}");
        }
    }

    public void Section(string title, int passedBefore, int failedBefore) =>
        Console.WriteLine($"{title}: {Passed - passedBefore} passed, {Failed - failedBefore} failed");

    public void Close() => Console.WriteLine($"{Passed} passed, {Failed} failed");
}
