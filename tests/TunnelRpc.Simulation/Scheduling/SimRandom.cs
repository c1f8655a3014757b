namespace TunnelRpc.Simulation.Scheduling;

/// <summary>
/// The run's only source of chance: SplitMix64, so that neighbouring seeds have nothing in common and a later runtime draws the same numbers.
/// </summary>
internal sealed class SimRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 up to, and not including, <paramref name="end"/>.</summary>
    public int Below(int end) => (int)(Next() % (uint)end);

    /// <summary>From <paramref name="least"/> up to, and including, <paramref name="most"/>.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + TimeSpan.FromTicks((long)(Next() % (ulong)(most.Ticks - least.Ticks + 1)));

    /// <summary>Milliseconds.</summary>
    public TimeSpan Milliseconds(int least, int most) => Between(TimeSpan.FromMilliseconds(least), TimeSpan.FromMilliseconds(most));

    public bool Chance(double probability) => (Next() >> 11) * (1.0 / (1UL << 53)) < probability;

    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    /// <summary>Small numbers as often as large ones: every order of magnitude is as likely.</summary>
    public int LogUniform(int least, int most)
    {
        double low = Math.Log2(least);
        double unit = (Next() >> 11) * (1.0 / (1UL << 53));
        return Math.Clamp((int)Math.Pow(2, low + (unit * (Math.Log2(most + 1) - low))), least, most);
    }

    /// <summary>An independent source, so that what draws from it does not change what others draw.</summary>
    public SimRandom Fork() => new(Next());
}
