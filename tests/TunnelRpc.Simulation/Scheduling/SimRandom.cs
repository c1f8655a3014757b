namespace TunnelRpc.Simulation.Scheduling;

/// <summary>
/// The run's only source of randomness: SplitMix64. Neighbouring seeds give uncorrelated sequences, and the sequence does not depend on the
/// version of the runtime.
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

    /// <summary>A number from 0 to <paramref name="end"/>, exclusive.</summary>
    public int Below(int end) => (int)(Next() % (uint)end);

    /// <summary>A number from <paramref name="min"/> to <paramref name="max"/>, both inclusive.</summary>
    public int Between(int min, int max) => min + Below(max - min + 1);

    /// <summary>A time from <paramref name="min"/> to <paramref name="max"/>, both inclusive.</summary>
    public TimeSpan Between(TimeSpan min, TimeSpan max) =>
        min + TimeSpan.FromTicks((long)(Next() % (ulong)(max.Ticks - min.Ticks + 1)));

    /// <summary>A time between two numbers of milliseconds, both inclusive.</summary>
    public TimeSpan Milliseconds(int min, int max) => Between(TimeSpan.FromMilliseconds(min), TimeSpan.FromMilliseconds(max));

    public bool Chance(double probability) => (Next() >> 11) * (1.0 / (1UL << 53)) < probability;

    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    /// <summary>A number whose logarithm is uniformly distributed: every order of magnitude is equally likely.</summary>
    public int LogUniform(int min, int max)
    {
        double low = Math.Log2(min);
        double unit = (Next() >> 11) * (1.0 / (1UL << 53));
        return Math.Clamp((int)Math.Pow(2, low + (unit * (Math.Log2(max + 1) - low))), min, max);
    }

    /// <summary>Creates an independent source. Draws from it do not change the draws of others.</summary>
    public SimRandom Fork() => new(Next());
}
